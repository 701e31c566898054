"""scikit-learn's handwritten digits: real, and there without a download."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from gemel.data.sources.arrays import ArraySource
from gemel.data.sources.files import hashed
from gemel.data.sources.scan import listed
from gemel.data.sources.source import Listing


class Digits(ArraySource):
    """1,797 digits of 43 people, 8 x 8, light ink on dark; classes "digit/0" ... "digit/9".

    Alpaydin & Kaynak (1998), "Optical recognition of handwritten digits"; UCI's test part.
    """

    name = "digits"

    @cached_property
    def listing(self) -> Listing:
        classes = [f"digit/{label}" for label in self._loaded[1]]
        return listed((f"{path}/{row:04d}" for row, path in enumerate(classes)), classes)

    @property
    def images(self) -> np.ndarray:
        return self._loaded[0]

    @property
    def fingerprint(self) -> str:
        return hashed(("digits", self.images.tobytes().hex()))

    @cached_property
    def _loaded(self) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.datasets import load_digits  # here, as it takes a second to import

        values, labels = load_digits(return_X_y=True)  # (1797, 64) in 0 ... 16
        return (values * (255 / 16)).round().astype(np.uint8).reshape(-1, 8, 8), labels
