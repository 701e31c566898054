"""Pictures on the page: as data within it, so that what a visitor may not see has no address."""

from __future__ import annotations

import base64
import io

import numpy as np
from nicegui import ui
from PIL import Image


def png(image: Image.Image) -> bytes:
    """Return a picture as a PNG file's bytes."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def as_address(data: bytes, kind: str = "image/png") -> str:
    """Return a file's bytes as an address that holds them itself."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def shrunk(image: Image.Image, side: int = 220) -> bytes:
    """Return a picture, at most ``side`` pixels long, as a PNG file's bytes."""
    small = image.convert("L" if image.mode in ("1", "L") else "RGB")
    small.thumbnail((side, side))
    return png(small)


def of_pixels(pixels: np.ndarray) -> bytes:
    """Return an item, uint8 (C, H, W) or (H, W), as a PNG file's bytes."""
    grey = pixels[0] if pixels.ndim == 3 and len(pixels) == 1 else pixels
    return png(Image.fromarray(np.ascontiguousarray(grey.transpose(1, 2, 0) if grey.ndim == 3 else grey)))


def picture(data: bytes | None, said: str, size: str = "") -> ui.element:
    """Show a picture, or empty paper; ``said`` is for those who do not see it, ``size`` a class of the look."""
    shown = ui.element("img").classes(f"g-picture {size}")
    shown.props["src"], shown.props["alt"] = (as_address(data) if data else _EMPTY), said
    return shown


#: One white pixel.
_EMPTY = as_address(png(Image.new("L", (1, 1), 255)))
