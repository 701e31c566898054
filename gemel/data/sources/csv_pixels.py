"""Pictures written out in a CSV file, a row a picture."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path

import numpy as np

from gemel.data.sources.arrays import ArraySource, class_names
from gemel.data.sources.files import hashed
from gemel.data.sources.scan import listed
from gemel.data.sources.source import Listing
from gemel.data.sources.tables import read_header, read_rows
from gemel.errors import DataError, did_you_mean


class CsvPixels(ArraySource):
    """Square grey pictures from rows ``label,pixel1,...,pixel784``, values 0 ... 255, as Fashion-MNIST comes on Kaggle.

    Classes are the labels, "7"; or the garments, "sneaker", where the file is named after Fashion-MNIST.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name

    @cached_property
    def listing(self) -> Listing:
        words = class_names(self.path)
        classes = [words[label] for label in self._table[:, 0]]
        return listed((f"{path}/{row:05d}" for row, path in enumerate(classes)), classes)

    @cached_property
    def images(self) -> np.ndarray:
        side = math.isqrt(self._table.shape[1] - 1)
        return self._table[:, 1:].reshape(-1, side, side)

    @property
    def fingerprint(self) -> str:
        status = self.path.stat()
        return hashed(("csv pixels", self.path.name, class_names(self.path)[0], status.st_size, status.st_mtime_ns))

    @cached_property
    def _table(self) -> np.ndarray:
        """(N, 1 + side * side) uint8: label and pixels."""
        columns, delimiter = read_header(self.path)
        self._check(columns)
        if next(read_rows(self.path, delimiter), None) is None:
            raise DataError(f"{self.path} holds no rows below its header")
        try:
            table = np.loadtxt(self.path, np.uint8, delimiter=delimiter, skiprows=1, ndmin=2, encoding="utf-8-sig")
        except (ValueError, OverflowError) as error:
            raise DataError(f"{self.path}: every value must be a whole number in 0 ... 255 ({error})") from error
        if table.shape[1] != len(columns):
            raise DataError(f"{self.path}: its rows have {table.shape[1]} values under {len(columns)} column names")
        return table

    def _check(self, columns: list[str]) -> None:
        if columns[:1] != ["label"]:
            raise DataError(f"{self.path} must begin with the column 'label'.{did_you_mean('label', columns)}")
        pixels = len(columns) - 1
        if pixels < 1 or math.isqrt(pixels) ** 2 != pixels:
            raise DataError(
                f"{self.path} has {pixels} pixel columns; expected a square number, such as 784 for 28 x 28"
            )
