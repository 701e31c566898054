"""Bytes -> a picture, whatever the bytes are: one clear error, no warning, bounded memory."""

from __future__ import annotations

import threading
import warnings
from io import BytesIO
from pathlib import Path
from types import TracebackType

from PIL import Image, UnidentifiedImageError

from gemel.errors import InputError, TooLargeError

#: The formats that are read, as Pillow names them; the common ones first, as they are tried in this order.
FORMATS = ("PNG", "JPEG", "PPM", "BMP", "GIF", "TIFF", "WEBP")

#: A picture of more pixels is refused, before any of them is decoded.
MOST_PIXELS = 100_000_000

#: A JPEG of more pixels is decoded at 1/2, 1/4 or 1/8 of its size, which costs neither the time nor the memory.
MOST_JPEG_PIXELS = 16_000_000


class _QuietPillow:
    """While any thread is inside, Pillow's warnings (a strange EXIF block, a large picture) are not shown.

    ``warnings.catch_warnings`` alone leaves the filters changed when threads overlap; so the first in sets the filter
    and the last out puts the former ones back.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.former = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.former = warnings.catch_warnings()
                self.former.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self.inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.former.__exit__(kind, error, trace)


quiet_pillow = _QuietPillow()


def decode(data: bytes | str | Path, name: str | None = None) -> Image.Image:
    """Return the picture in ``data`` (its bytes, or a file's path), decoded; of an animation, the first frame.

    A JPEG of more than 16 megapixels comes at a half, a quarter or an eighth of its size.

    Args:
        data: a file's content or its path.
        name: what to call it in an error; the path by default.

    Raises:
        InputError: it is missing, empty, cut short, damaged, not a picture, or (``TooLargeError``) has more than 100
            megapixels.
    """
    if not isinstance(data, bytes):
        return decode(_content(Path(data)), name or str(data))
    name = name or "the picture"
    if not data:
        raise InputError(f"{name} is empty (0 bytes); expected a picture")
    with quiet_pillow:
        image = _opened(data, name)
        try:
            image.load()
        except Exception as error:  # Pillow's decoders raise many kinds on damaged data, none of them documented
            raise InputError(f"{name} is damaged or cut short ({_one_line(error)})") from error
    return image


def size_of(data: bytes, name: str = "the picture") -> tuple[int, int]:
    """Return (height, width) as its header says, without decoding a pixel.

    Raises:
        InputError: as ``decode``.
    """
    with quiet_pillow:
        width, height = _opened(data, name, draft=False).size
    return height, width


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InputError(f"{path} is not a file" if path.exists() else f"{path} does not exist")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({_one_line(error)})") from error


def _opened(data: bytes, name: str, draft: bool = True) -> Image.Image:
    """Return the picture with its header read and its size checked; its pixels are still to be decoded."""
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise InputError(f"{name} is not a picture that can be read; expected one of {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError:
        raise TooLargeError(f"{name} is too large: more than {MOST_PIXELS // 1_000_000} megapixels") from None
    except Exception as error:  # as in decode
        raise InputError(f"{name} is damaged or cut short ({_one_line(error)})") from error
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise TooLargeError(
            f"{name} is too large: {width} x {height} pixels; at most {MOST_PIXELS // 1_000_000} megapixels"
        )
    factor = next((f for f in (1, 2, 4, 8) if width * height <= MOST_JPEG_PIXELS * f * f), 8)
    if draft and factor > 1:
        image.draft(None, (max(1, width // factor), max(1, height // factor)))  # does nothing but for a JPEG
    return image


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
