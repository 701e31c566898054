"""Small pictures and their files, for the tests of this room."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from gemel.randomness import numpy_generator


def noise(size: tuple[int, int] = (12, 10), mode: str = "L", seed: int = 0) -> Image.Image:
    """Return a picture of random pixels, (width, height)."""
    width, height = size
    values = numpy_generator(seed, "noise").integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the picture's file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG whose header promises a size, with next to nothing behind it."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(b"\0" * 100)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def class_folders(root: Path, classes: dict[str, int]) -> Path:
    """Write that many pictures into each class folder, ``1.png`` and so on."""
    for number, (name, count) in enumerate(classes.items()):
        (root / name).mkdir(parents=True)
        for item in range(count):
            noise(seed=100 * number + item).save(root / name / f"{item + 1}.png")
    return root
