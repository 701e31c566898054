"""The idx files of MNIST and Fashion-MNIST."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from functools import cached_property
from pathlib import Path

import numpy as np

from gemel.data.sources.arrays import ArraySource, class_names
from gemel.data.sources.files import hashed
from gemel.data.sources.scan import listed
from gemel.data.sources.source import Listing
from gemel.errors import DataError

_PARTS = {"train": "train", "test": "t10k"}
_MOST_BYTES = 1_000_000_000
_UNSIGNED_BYTES = 0x08


def has_idx_files(folder: Path) -> bool:
    """Tell whether the folder holds at least one part's pictures."""
    return any(_find(folder, f"{prefix}-images-idx3-ubyte") for prefix in _PARTS.values())


class IdxImages(ArraySource):
    """The pictures of ``train-images-idx3-ubyte.gz`` and ``t10k-...``, with their labels, from one folder.

    Classes are "train/sneaker", "test/sneaker" and so on in a folder named after Fashion-MNIST, else "train/7"; the
    group is the part.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.resolve().name

    @cached_property
    def listing(self) -> Listing:
        words = class_names(self.path)
        classes = [f"{part}/{words[label]}" for part, (_, labels) in self._parts.items() for label in labels]
        numbers = [number for _, labels in self._parts.values() for number in range(len(labels))]
        return listed((f"{path}/{number:05d}" for path, number in zip(classes, numbers, strict=True)), classes)

    @cached_property
    def images(self) -> np.ndarray:
        return np.concatenate([images for images, _ in self._parts.values()])

    @property
    def fingerprint(self) -> str:
        files = sorted(self.path.glob("*-ubyte*"))
        status = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
        return hashed(("idx", class_names(self.path)[0], *status))

    @cached_property
    def _parts(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Each part that is there -> its images (n, H, W) and labels (n,)."""
        parts = {part: self._part(prefix) for part, prefix in _PARTS.items() if self._file(prefix, "images-idx3-ubyte")}
        if not parts:
            raise DataError(f"{self.path} holds no idx files; expected train-images-idx3-ubyte.gz and its like")
        shapes = {images.shape[1:] for images, _ in parts.values()}
        if len(shapes) > 1 or not any(len(labels) for _, labels in parts.values()):
            raise DataError(f"{self.path}: its parts hold no pictures, or pictures of different sizes {sorted(shapes)}")
        return parts

    def _part(self, prefix: str) -> tuple[np.ndarray, np.ndarray]:
        pictures, answers = self._file(prefix, "images-idx3-ubyte"), self._file(prefix, "labels-idx1-ubyte")
        if pictures is None or answers is None:
            raise DataError(f"{self.path}: {prefix}-labels-idx1-ubyte.gz is missing beside the pictures")
        images, labels = read_idx(pictures, 3), read_idx(answers, 1)
        if len(images) != len(labels):
            raise DataError(f"{self.path}: {pictures.name} has {len(images)} pictures, but {len(labels)} labels")
        return images, labels

    def _file(self, prefix: str, rest: str) -> Path | None:
        return _find(self.path, f"{prefix}-{rest}")


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the bytes of an idx file, gzipped or not, as uint8 of ``axes`` axes.

    Raises:
        DataError: it is cut short, damaged, or not an idx file of that shape.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            kind, *shape = struct.unpack(f">{1 + axes}I", file.read(4 + 4 * axes))
            size = math.prod(shape)
            if kind != _UNSIGNED_BYTES << 8 | axes or size > _MOST_BYTES:
                raise DataError(f"{path} is not an idx file of bytes in {axes} axes, or one of more than 1 GB")
            values = file.read(size + 1)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataError(f"{path} is damaged or cut short ({error})") from error
    if len(values) != size:
        held = "more" if len(values) > size else len(values)
        raise DataError(f"{path} is damaged: its header promises {size} bytes, and it holds {held}")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _find(folder: Path, name: str) -> Path | None:
    return next((file for file in (folder / f"{name}.gz", folder / name) if file.is_file()), None)
