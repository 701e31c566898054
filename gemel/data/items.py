"""What a person may hand in as an item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from gemel.data.opening import decode
from gemel.data.preprocessing import scaled_to_bytes
from gemel.errors import InputError

#: A file's path, its bytes, a picture, or an array: (H, W), (H, W, 1) or (H, W, 3).
Item = str | Path | bytes | Image.Image | np.ndarray


def as_image(item: Item) -> Image.Image:
    """Return the item as a picture; wide or float arrays are scaled by the range that they are plainly of.

    Raises:
        InputError: it is no picture, or an array of another shape.
    """
    if isinstance(item, Image.Image):
        return item
    if isinstance(item, np.ndarray):
        return image_of_array(item)
    if isinstance(item, bytes | str | Path):
        return decode(item)
    raise InputError(f"An item of type {type(item).__name__} came; a path, bytes, a picture or an array is expected.")


def image_of_array(values: np.ndarray) -> Image.Image:
    """Return an array (H, W), (H, W, 1) or (H, W, 3) as a picture.

    Raises:
        InputError: the shape is another, empty, or the values are not numbers.
    """
    plain = values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values
    fits = plain.ndim == 2 or (plain.ndim == 3 and plain.shape[2] == 3)
    if not fits or plain.size == 0 or plain.dtype.kind not in "buif":
        raise InputError(
            f"An array of shape {values.shape} and type {values.dtype} came; (H, W) or (H, W, 3) of numbers is "
            "expected."
        )
    if plain.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(plain))
    return Image.fromarray(scaled_to_bytes(plain * 255 if plain.dtype.kind == "b" else plain))


def name_of(item: Item, position: int) -> str:
    """Return the item's path, or its number where it has none."""
    return str(item) if isinstance(item, str | Path) else f"item {position + 1}"
