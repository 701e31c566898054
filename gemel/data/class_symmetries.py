"""What a class looks like turned, or in the mirror, as classes of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gemel.data.dataset import Dataset
from gemel.errors import DataError


class ClassCopies(Dataset):
    """A data set with each class several times, in copies that are turned in their own way and classes of their own.

    Copy ``k`` of item ``i`` stands at ``k * N + i``, that of class ``c`` at ``k * classes + c``. The pixels are shared;
    items are turned as they are fetched.

    Args:
        dataset: the classes.
        copies: what is added to a class's path, and every item's ``turns`` (N,).
    """

    def __init__(self, dataset: Dataset, copies: Sequence[tuple[str, np.ndarray]]) -> None:
        count, times = len(dataset.classes), len(copies)
        positions = np.arange(len(dataset))
        super().__init__(
            images=dataset.images,
            labels=np.concatenate([dataset.labels + copy * count for copy in range(times)]),
            names=dataset.names * times,
            classes=tuple(f"{name}{ending}" for ending, _ in copies for name in dataset.classes),
            rows=np.tile(positions if dataset.rows is None else dataset.rows, times),
            turns=np.concatenate([turns for _, turns in copies]),
            skipped=dataset.skipped,
            item_groups=None if dataset.item_groups is None else np.tile(dataset.item_groups, times),
        )


class ClassRotations(ClassCopies):
    """A data set with four times the classes: each turned by 0, 90, 180 and 270 degrees is a class of its own.

    The paths are ``"PATH"``, ``"PATH@90"`` and so on; see ``ClassCopies``.

    Santoro et al. (2016), "Meta-learning with memory-augmented neural networks".

    Raises:
        DataError: the items are not square.
    """

    def __init__(self, dataset: Dataset) -> None:
        _, height, width = dataset.item_shape
        if height != width:
            raise DataError(f"items of {height} x {width} pixels cannot be turned into classes; take a square size")
        former = turns_of(dataset)
        mirrored = former & 4
        way = np.where(mirrored, -1, 1)  # in the mirror, a turn to the left is one to the right
        super().__init__(dataset, [(f"@{90 * k}" if k else "", (former + way * k) % 4 + mirrored) for k in range(4)])


class ClassFlips(ClassCopies):
    """A data set with twice the classes: each in the mirror, left for right, is a class of its own, ``"PATH@mirror"``.

    With ``ClassRotations`` each class comes in the eight symmetries of the square; see ``ClassCopies``.
    """

    def __init__(self, dataset: Dataset) -> None:
        former = turns_of(dataset)
        super().__init__(dataset, [("", former), ("@mirror", former ^ 4)])


def turns_of(dataset: Dataset) -> np.ndarray:
    """Return how each item is turned: (N,) in 0 ... 7; see ``Dataset``."""
    return np.zeros(len(dataset), np.int64) if dataset.turns is None else dataset.turns
