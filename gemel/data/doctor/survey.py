"""One look at every picture of a source: what the doctor's findings are drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gemel.data.doctor.likeness import NEAR, NEAR_WHERE_SMALL, near_pairs
from gemel.data.opening import quiet_pillow, size_of
from gemel.data.preprocessing import eight_bit, resized, upright
from gemel.data.sources.files import FileSource
from gemel.data.sources.source import Listing, Source
from gemel.errors import InputError

#: Pixels a side of the small copies that are compared.
SIDE = 32

#: Red, green and blue that differ by more, in 0 ... 255, are a colour and not a scanner's tint.
_TINT = 16

#: A picture whose values all lie within so many of each other, in 0 ... 255, shows nothing.
_BLANK = 16

#: A JPEG that comes with more pixels may have been made smaller while it was decoded.
_MAYBE_REDUCED = 3_500_000

#: Progress is told after so many pictures.
_STEP = 16

#: Of more pictures, so many are compared with one another: the time grows with the square.
MOST_COMPARED = 100_000


@dataclass(frozen=True, eq=False)
class Look:
    """What is kept of one picture.

    Attributes:
        size: (width, height), as the file has it.
        mode: "L", "RGB" and so on, as Pillow names what is in the file.
        format: "PNG" and so on; "" where it comes from an array.
        digest: a hash of its upright pixels and its size: equal for equal pictures, whatever their files.
        thumbnail: (32, 32) uint8, its brightness.
        colour: whether it has any.
        blank: whether it is of one colour all over.
    """

    size: tuple[int, int]
    mode: str
    format: str
    digest: bytes
    thumbnail: np.ndarray
    colour: bool
    blank: bool


@dataclass(frozen=True, eq=False)
class Survey:
    """What is kept of all N pictures that can be read.

    Attributes:
        listing: the source's.
        unreadable: row in the listing -> why it cannot be read.
        rows: (N,) int64, each picture's row in the listing, ascending.
        looks: (N,) what is kept of each.
        near: (P, 2) int64, pairs of pictures that are nearly, not wholly, the same, as positions 0 ... N-1; most alike
            first.
        compared: how many pictures were compared to find them.
    """

    listing: Listing
    unreadable: dict[int, str]
    rows: np.ndarray
    looks: tuple[Look, ...]
    near: np.ndarray
    compared: int

    def __len__(self) -> int:
        return len(self.looks)

    @property
    def labels(self) -> np.ndarray:
        """(N,) int64, each picture's class as a position in the listing's classes."""
        return self.listing.labels[self.rows]

    @property
    def counts(self) -> np.ndarray:
        """(classes,) int64, each class's number of pictures that can be read."""
        return np.bincount(self.labels, minlength=len(self.listing.classes))

    @property
    def sizes(self) -> np.ndarray:
        """(N, 2) int64, each picture's width and height."""
        return np.array([look.size for look in self.looks], np.int64).reshape(-1, 2)

    def names(self, pictures: Iterable[int]) -> list[str]:
        """Return the names of pictures given by position 0 ... N-1."""
        return [self.listing.names[self.rows[picture]] for picture in pictures]


def survey(source: Source, progress: Callable[[int, int], None] | None = None) -> Survey:
    """Look at every picture once, and compare small copies of all; about 2 kB a picture are kept.

    Args:
        source: what to look at.
        progress: called with (steps done, steps in all), a step to look at each picture and one to compare it.

    Raises:
        DataError: the source is absent or holds no item.
    """
    listing = source.listing
    total = len(listing)
    tell = progress or _silent
    looks, unreadable = _look_at_all(source, lambda done: tell(done, 2 * total))
    rows = np.array(list(looks), np.int64)
    kept = tuple(looks.values())
    compared = _worth_comparing(kept)
    thumbnails = np.array([kept[one].thumbnail for one in compared], np.uint8).reshape(-1, SIDE, SIDE)
    pairs, _ = near_pairs(
        thumbnails,
        listing.labels[rows[compared]],
        lambda done, of: tell(total + total * done // of, 2 * total),
        least=NEAR_WHERE_SMALL if all(min(look.size) < SIDE for look in kept) else NEAR,
    )
    tell(2 * total, 2 * total)
    return Survey(listing, unreadable, rows, kept, compared[pairs], len(compared))


def _look_at_all(source: Source, tell: Callable[[int], None]) -> tuple[dict[int, Look], dict[int, str]]:
    """Return what is kept of each row that can be read, and why the others cannot."""
    looks: dict[int, Look] = {}
    unreadable: dict[int, str] = {}
    with quiet_pillow:
        for row in range(len(source.listing)):
            try:
                looks[row] = look_at(source, row)
            except InputError as error:
                unreadable[row] = str(error)
            if (row + 1) % _STEP == 0:
                tell(row + 1)
    return looks, unreadable


def _worth_comparing(looks: tuple[Look, ...]) -> np.ndarray:
    """Return the pictures that show something, one of each set of equal ones: positions, ascending, not too many."""
    first: dict[bytes, int] = {}
    for position, look in enumerate(looks):
        if not look.blank:
            first.setdefault(look.digest, position)
    chosen = np.array(list(first.values()), np.int64)
    if len(chosen) <= MOST_COMPARED:
        return chosen
    return chosen[np.linspace(0, len(chosen) - 1, MOST_COMPARED).astype(np.int64)]


def look_at(source: Source, row: int) -> Look:
    """Return what is to be kept of one picture.

    Raises:
        InputError: it cannot be read.
    """
    image = source.image(row)
    if 0 in image.size:
        raise InputError(f"{source.listing.names[row]} has no pixels: {image.width} x {image.height}")
    picture = grey_or_colour(image)
    pixels = np.asarray(picture)
    return Look(
        size=_size_in_file(source, row, image),
        mode=image.mode,
        format=image.format or "",
        digest=hashlib.blake2b(
            pixels.data, digest_size=16, person=f"{picture.width}x{picture.height}".encode()
        ).digest(),
        thumbnail=np.array(resized(picture.convert("L"), SIDE, SIDE)),
        colour=picture.mode == "RGB" and _is_colourful(resized(picture, SIDE, SIDE)),
        blank=bool(np.ptp(pixels.reshape(-1, len(picture.getbands())), axis=0).max() <= _BLANK),
    )


def grey_or_colour(image: Image.Image) -> Image.Image:
    """Return the picture upright, in "L" where it is grey whatever its mode, else in "RGB"."""
    if image.mode in ("1", "L", "LA", "F") or image.mode.startswith("I"):
        return eight_bit(upright(image), "L")
    picture = eight_bit(upright(image), "RGB")
    red, green, blue = (band.tobytes() for band in picture.split())
    return picture.getchannel(0) if red == green == blue else picture


def _is_colourful(image: Image.Image) -> bool:
    return bool(np.ptp(np.asarray(image), axis=-1).max() > _TINT)


def _size_in_file(source: Source, row: int, image: Image.Image) -> tuple[int, int]:
    """Return (width, height) as the file has it: a very large JPEG is decoded at a part of its size."""
    if image.format == "JPEG" and image.width * image.height > _MAYBE_REDUCED and isinstance(source, FileSource):
        height, width = size_of(source.content(row), source.listing.names[row])
        return width, height
    return image.size


def _silent(done: int, total: int) -> None:
    """Show nothing."""
