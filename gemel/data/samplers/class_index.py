"""The items of every class, ready to draw from."""

from __future__ import annotations

import numpy as np

from gemel.errors import DataError


class ClassIndex:
    """Labels (N,) in 0 ... C-1 -> the item numbers of each class.

    Raises:
        DataError: there is no item.
    """

    def __init__(self, labels: np.ndarray) -> None:
        if len(labels) == 0:
            raise DataError("The data set holds no item to sample from; check its path and its split.")
        self.labels = np.asarray(labels)
        self.counts = np.bincount(self.labels)
        self.members = np.split(np.argsort(self.labels, kind="stable"), np.cumsum(self.counts)[:-1])

    @property
    def classes(self) -> int:
        """C, the number of classes."""
        return len(self.counts)

    def holding(self, items: int) -> np.ndarray:
        """Return the classes with at least that many items."""
        return np.flatnonzero(self.counts >= items)

    def draw(self, generator: np.random.Generator, label: int, items: int) -> np.ndarray:
        """Return up to ``items`` different items of a class, in random order."""
        members = self.members[label]
        return generator.choice(members, min(items, len(members)), replace=False)


def chosen_in_turn(generator: np.random.Generator, choices: np.ndarray, count: int, position: int) -> np.ndarray:
    """Return ``count`` of the ``choices`` of round ``position``, so that a round of calls reaches every one of them.

    ``generator`` must be the same for all positions of a round: it shuffles the choices once. The last call of a round
    is filled up from its neighbours, so no choice comes twice in one call unless there are fewer than ``count``.
    """
    order = generator.permutation(choices)
    if len(order) < count:
        return np.resize(order, count)
    start = min(position * count, len(order) - count)
    return order[start : start + count]


def turns_in_round(choices: int, count: int) -> int:
    """Return how many calls of ``count`` make a round over ``choices``."""
    return max(1, -(-choices // count))
