"""Where items come from, before anything is decoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, in words for its owner."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What a source holds, without a pixel of it.

    Attributes:
        names: (N,) the item's path within the source, "images_background/Latin/character01/0683_01.png".
        labels: (N,) int64, the item's class as a position in ``classes``.
        classes: every class's path, "images_background/Latin/character01"; sorted, each with at least one item.
        skipped: files that are not items.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def groups(self) -> tuple[str, ...]:
        """Each class's group: its parent's path, "images_background/Latin"; "" where it has none."""
        return tuple(name.rpartition("/")[0] for name in self.classes)


class Source(ABC):
    """Labelled pictures: a folder, a zip, a list in a CSV file, an array file, a generator."""

    #: A short name for people, e.g. the file's.
    name: str

    @property
    @abstractmethod
    def listing(self) -> Listing:
        """What is in it.

        Raises:
            DataError: it is absent, unreadable as a whole, or holds no item.
        """

    @abstractmethod
    def image(self, index: int) -> Image.Image:
        """Return one item, decoded.

        Raises:
            InputError: the file cannot be read as a picture.
        """

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A hash that changes when the items do."""
