"""What is kept of a picture."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from gemel.data.items import Item
from gemel.data.opening import FORMATS, quiet_pillow

#: The longer side of a thumbnail, in pixels.
THUMBNAIL = 128

#: The ending of a file's name, by its format as Pillow names it.
ENDINGS = {"JPEG": ".jpg", "PPM": ".ppm", "BMP": ".bmp", "GIF": ".gif", "TIFF": ".tif", "WEBP": ".webp"}


def thumbnail(image: Image.Image) -> bytes:
    """Return the picture as a PNG whose longer side has at most 128 pixels."""
    small = image.copy() if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return png(small)


def original(item: Item, image: Image.Image) -> bytes:
    """Return the item's file as it came; a picture in memory, or an array, as a PNG."""
    if isinstance(item, bytes):
        return item
    return Path(item).read_bytes() if isinstance(item, str | Path) else png(image)


def png(image: Image.Image) -> bytes:
    """Return the picture as a PNG, without what a camera wrote beside it."""
    file = BytesIO()
    plain = image if image.mode in ("1", "L", "LA", "I;16", "RGB", "RGBA") else image.convert("RGB")
    plain.save(file, "PNG", exif=b"")
    return file.getvalue()


def ending(data: bytes) -> str:
    """Return what the name of a picture's file should end in."""
    with quiet_pillow, Image.open(BytesIO(data), formats=FORMATS) as image:
        return ENDINGS.get(image.format or "", ".png")
