"""What scikit-learn calls X -> items that a model embeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.utils.validation import validate_data

from gemel.data.items import Item
from gemel.errors import InputError


def pictures_of(estimator: Any, x: Any, reset: bool) -> list[Item]:
    """Return the pictures in an estimator's X: rows of pixels where it has an ``image_shape``, else ``items_of``.

    Raises:
        InputError: X has another shape.
        ValueError: the rows are no finite matrix, or not of the width that ``fit`` (``reset``) saw.
    """
    if estimator.image_shape is None:
        return items_of(x)
    return list(shaped(validate_data(estimator, x, reset=reset), estimator.image_shape))


def items_of(x: Any) -> list[Item]:
    """Return a sequence of paths, bytes, pictures or arrays, or an array (n, H, W) or (n, H, W, C), item by item.

    Raises:
        InputError: it is none of these, or empty.
    """
    if isinstance(x, str | bytes | Path | Image.Image):
        raise InputError(f"One {type(x).__name__} came; a sequence of items is expected.")
    listed = not hasattr(x, "__array__") and all(is_picture(item) for item in x)
    values = list(x) if listed else np.asarray(x)
    if len(values) == 0:
        raise InputError("No item came; at least one is expected.")
    if isinstance(values, np.ndarray) and values.ndim == 2:
        raise InputError(
            f"Rows of {values.shape[1]} numbers came, and a model needs pictures; give image_shape=(height, width) if "
            "they are pixels, or model=None if they are embeddings."
        )
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind not in "OUS":
        raise InputError(f"An array of shape {values.shape} came; n paths, (n, H, W) or (n, H, W, C) is expected.")
    return list(values)


def is_picture(item: object) -> bool:
    """Return whether it is a picture by itself, and no row of a table."""
    return isinstance(item, str | bytes | Path | Image.Image) or (isinstance(item, np.ndarray) and item.ndim > 1)


def shaped(rows: np.ndarray, image_shape: Sequence[int]) -> np.ndarray:
    """Return rows of pixels as pictures: (n, F) -> (n, *image_shape).

    Raises:
        InputError: F is not the shape's size.
    """
    try:
        return rows.reshape(len(rows), *image_shape)
    except ValueError as error:
        raise InputError(f"Rows of {rows.shape[1]} numbers came; they do not make pictures {image_shape}.") from error
