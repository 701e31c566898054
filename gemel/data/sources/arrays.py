"""Sources whose items are grey pictures in one array."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import numpy as np
from PIL import Image

from gemel.data.sources.source import Source

#: The classes of Fashion-MNIST (Xiao et al. 2017), in the order of its labels 0 ... 9.
FASHION = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot")


class ArraySource(Source):
    """A source that holds all its items, decoded, in one array."""

    @property
    @abstractmethod
    def images(self) -> np.ndarray:
        """(N, H, W) uint8, in the listing's order."""

    def image(self, index: int) -> Image.Image:
        return Image.fromarray(self.images[index])


def class_names(path: Path) -> tuple[str, ...]:
    """Return the name of every label 0 ... 255: a garment's where the file or its folder is called after fashion."""
    fashion = "fashion" in f"{path.resolve().parent.name}/{path.name}".lower()
    plain = tuple(str(label) for label in range(256))
    return FASHION + plain[len(FASHION) :] if fashion else plain
