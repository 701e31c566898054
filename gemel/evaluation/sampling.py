"""Drawing without replacement for many episodes at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np


def distinct(generator: np.random.Generator, sizes: np.ndarray, count: int) -> np.ndarray:
    """Return ``count`` distinct numbers from 0 ... size-1 for every size, in random order: (R,) -> (R, count).

    Floyd's algorithm (Bentley & Floyd 1987): column j draws from 0 ... size-count+j, and a number that the row already
    has is replaced by the largest, which it cannot have. All sets are equally likely; the shuffle makes all orders so.
    """
    chosen = np.empty((len(sizes), count), dtype=np.int64)
    for column in range(count):
        largest = sizes - count + column
        drawn = generator.integers(0, largest + 1)
        repeated = (chosen[:, :column] == drawn[:, None]).any(1)
        chosen[:, column] = np.where(repeated, largest, drawn)
    return generator.permuted(chosen, axis=1)


@dataclass(frozen=True)
class Partition:
    """Members 0 ... M-1 listed by the key they carry.

    Attributes:
        keys: (C,) the distinct keys, sorted.
        members: (M,) all members, those of ``keys[0]`` first.
        starts: (C,) where each key's members begin in ``members``.
        sizes: (C,) how many each key has.
    """

    keys: np.ndarray
    members: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray

    @classmethod
    def by(cls, keys: np.ndarray) -> Self:
        """Return the partition by each member's key: (M,)."""
        distinct_keys, starts, sizes = np.unique(np.sort(keys), return_index=True, return_counts=True)
        return cls(distinct_keys, np.argsort(keys, kind="stable"), starts, sizes)

    def draw(self, generator: np.random.Generator, cells: np.ndarray, count: int) -> np.ndarray:
        """Return ``count`` distinct members of every cell, given by its position in ``keys``: (R,) -> (R, count)."""
        drawn: np.ndarray = self.members[self.starts[cells][:, None] + distinct(generator, self.sizes[cells], count)]
        return drawn
