"""Bytes that somebody sent -> a picture's file that may be decoded: right kind, right size, before any pixel is."""

from __future__ import annotations

from gemel.data.opening import FORMATS, size_of
from gemel.errors import InputError, TooLargeError
from gemel.server.problems import ProblemError
from gemel.server.settings import Settings

#: How files of the formats begin.
BEGINNINGS = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    *(b"P%d" % number for number in range(1, 7)),
    b"BM",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
)


def is_of_known_type(data: bytes) -> bool:
    """Return whether a file begins as one of the formats that are read."""
    return data.startswith(BEGINNINGS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def checked_picture(data: bytes, settings: Settings, field: str) -> bytes:
    """Return a picture's file, once its beginning and its header tell that it may be decoded.

    Raises:
        ProblemError: it has too many bytes or pixels (413), is of another type (415), or is empty or damaged (422).
    """
    if not data:
        raise ProblemError(422, f"{field}: the file is empty (0 bytes).", "undecodable", field)
    if len(data) > settings.largest_picture:
        raise ProblemError(413, f"{field}: {len(data):,} bytes; at most {settings.largest_picture:,}.", field=field)
    if not is_of_known_type(data):
        raise ProblemError(
            415, f"{field}: not a picture that can be read; expected one of {', '.join(FORMATS)}.", field=field
        )
    try:
        height, width = size_of(data)
    except TooLargeError as error:
        raise ProblemError(413, f"{field}: {error}.", field=field) from error
    except InputError as error:
        raise ProblemError(422, f"{field}: {error}.", "undecodable", field) from error
    if height * width > settings.most_pixels:
        most = f"at most {settings.most_pixels / 1e6:g} megapixels"
        raise ProblemError(413, f"{field}: {width} x {height} pixels; {most}.", field=field)
    return data
