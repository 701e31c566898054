"""Made-up alphabets as a source of pictures."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np
from PIL import Image

from gemel.data.sources.glyphs.alphabet import draw_alphabet
from gemel.data.sources.glyphs.rasteriser import rasterise
from gemel.data.sources.glyphs.writer import write
from gemel.data.sources.source import Listing, Source

#: Counts up with every change of what a seed gives.
_VERSION = 1

#: Characters written at a time, which bounds the memory however large an alphabet is.
_CHUNK = 32


def draw_glyphs(alphabet: int, characters: int = 30, writers: int = 20, size: int = 64, seed: int = 0) -> np.ndarray:
    """Return one alphabet's drawings: (characters, writers, size, size) uint8, black ink (0) on white (255).

    Drawing [c, w] depends on ``seed``, ``alphabet``, c, w and ``size`` only, not on how many are asked for.
    """
    drafts = draw_alphabet(seed, alphabet, characters)
    pages = np.empty((characters, writers, size, size), np.uint8)
    for first in range(0, characters, _CHUNK):
        drawings = write(seed, alphabet, drafts[first : first + _CHUNK], writers, first)
        pages[first : first + _CHUNK] = rasterise(drawings, size).reshape(-1, writers, size, size)
    return pages


def _numbered(what: str, count: int) -> list[str]:
    """Return "what00", "what01", ...: of one length, so that they sort by number."""
    digits = max(2, len(str(count - 1)))
    return [f"{what}{number:0{digits}d}" for number in range(count)]


class Glyphs(Source):
    """Characters as random stroke programs, each drawn by every writer of its alphabet; nothing is read.

    Items are in the order alphabet, character, writer. The first alphabets, characters and writers of a seed are the
    same however many are asked for.

    Args:
        alphabets: how many; classes are "alphabet07/character12", their group is the alphabet.
        characters: of each alphabet.
        writers: drawings of each character.
        size: pixels a side, 8 ... 512.
        seed: another seed, other alphabets.

    Raises:
        ValueError: a number is out of range.
    """

    name = "glyphs"

    def __init__(
        self, alphabets: int = 30, characters: int = 30, writers: int = 20, size: int = 64, seed: int = 0
    ) -> None:
        for what, count in {"alphabets": alphabets, "characters": characters, "writers": writers}.items():
            if not 1 <= count <= 9999:
                raise ValueError(f"glyphs: {what} must be 1 ... 9999, not {count}.")
        if not 8 <= size <= 512:
            raise ValueError(f"glyphs: size must be 8 ... 512 pixels, not {size}.")
        self.alphabets, self.characters, self.writers = alphabets, characters, writers
        self.size, self.seed = size, seed
        self._last: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        return self.alphabets * self.characters * self.writers

    @cached_property
    def listing(self) -> Listing:
        alphabets = _numbered("alphabet", self.alphabets)
        characters = _numbered("character", self.characters)
        writers = _numbered("writer", self.writers)
        classes = tuple(f"{alphabet}/{character}" for alphabet in alphabets for character in characters)
        names = tuple(f"{path}/{writer}" for path in classes for writer in writers)
        return Listing(names, np.repeat(np.arange(len(classes)), self.writers), classes)

    def image(self, index: int) -> Image.Image:
        """Return one item; its whole alphabet is drawn, and kept until another is asked for.

        Raises:
            IndexError: there is no such item.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"glyphs: item {index} of {len(self)}.")
        alphabet, within = divmod(index, self.characters * self.writers)
        if self._last is None or self._last[0] != alphabet:
            self._last = alphabet, self._alphabet(alphabet)
        return Image.fromarray(self._last[1][within])

    def pixels(self) -> np.ndarray:
        """Return all items at once, in the listing's order: (N, size, size) uint8."""
        return np.concatenate([self._alphabet(alphabet) for alphabet in range(self.alphabets)])

    def _alphabet(self, alphabet: int) -> np.ndarray:
        pages = draw_glyphs(alphabet, self.characters, self.writers, self.size, self.seed)
        return pages.reshape(-1, self.size, self.size)

    @property
    def fingerprint(self) -> str:
        settings = (_VERSION, self.alphabets, self.characters, self.writers, self.size, self.seed)
        return hashlib.blake2b(repr(settings).encode(), digest_size=16).hexdigest()
