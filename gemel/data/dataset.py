"""Decoded items with their classes, in memory or in a memory-mapped file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from gemel.data.sources.source import Skipped
from gemel.errors import DataError, did_you_mean


@dataclass(frozen=True, eq=False)
class Dataset:
    """N decoded items of some classes.

    Attributes:
        images: uint8 (M, C, H, W), M >= N; shared between selections, never copied.
        labels: (N,) int64, each item's class as a position in ``classes``.
        names: (N,) each item's path within its source.
        classes: every class's path.
        rows: (N,) int64, each item's row in ``images``; the first N where it is left out.
        turns: (N,) int64, quarter turns to the left applied to each item, and 4 more where it is then mirrored, left
            for right; none where it is left out.
        skipped: what was left out of the data set, and why.
        item_groups: (N,) int64, which items show one thing (see ``item_groups``); None where each shows its own.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...]
    rows: np.ndarray | None = None
    turns: np.ndarray | None = None
    skipped: tuple[Skipped, ...] = ()
    item_groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def groups(self) -> tuple[str, ...]:
        """Each class's group: its parent's path; "" where it has none."""
        return tuple(name.rpartition("/")[0] for name in self.classes)

    @property
    def item_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @cached_property
    def by_class(self) -> list[np.ndarray]:
        """Each class's items, as positions 0 ... N-1 in ascending order."""
        order = np.argsort(self.labels, kind="stable")
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return np.split(order, np.cumsum(counts)[:-1])

    def items(self, indices: Tensor) -> Tensor:
        """Return the items at some positions: (B,) in 0 ... N-1 -> uint8 (B, C, H, W)."""
        chosen = indices.numpy(force=True)
        items = torch.from_numpy(np.ascontiguousarray(self.images[self._rows(chosen)]))
        return items if self.turns is None else turned(items, torch.from_numpy(self.turns[chosen]))

    def select(self, classes: Sequence[int | str]) -> Dataset:
        """Return the items of some classes, given by position or path; they become classes 0, 1, ... in that order.

        Raises:
            DataError: a class is unknown or given twice.
        """
        positions = [self._position(given) for given in classes]
        if len(set(positions)) < len(positions):
            raise DataError("a class is selected twice; name each once")
        chosen = [self.by_class[position] for position in positions]
        items = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
        labels = np.repeat(np.arange(len(chosen)), [len(members) for members in chosen])
        return self._part(items, labels, positions)

    def take(self, positions: np.ndarray) -> Dataset:
        """Return the items at some positions, with the classes that they are of."""
        numbers, labels = np.unique(self.labels[positions], return_inverse=True)
        return self._part(positions, labels, numbers)

    def _part(self, items: np.ndarray, labels: np.ndarray, classes: Sequence[int] | np.ndarray) -> Dataset:
        """Return the items at some positions under new labels, which are places in ``classes``."""
        return Dataset(
            images=self.images,
            labels=labels,
            names=tuple(self.names[item] for item in items),
            classes=tuple(self.classes[position] for position in classes),
            rows=self._rows(items),
            turns=None if self.turns is None else self.turns[items],
            skipped=self.skipped,
            item_groups=None if self.item_groups is None else self.item_groups[items],
        )

    def _rows(self, positions: np.ndarray) -> np.ndarray:
        return positions if self.rows is None else self.rows[positions]

    def _position(self, given: int | str) -> int:
        if isinstance(given, str):
            if given not in self.classes:
                raise DataError(f"Unknown class '{given}'.{did_you_mean(given, self.classes)}")
            return self.classes.index(given)
        if not 0 <= given < len(self.classes):
            raise DataError(f"class {given} is out of range; there are {len(self.classes)}, from 0")
        return int(given)


def turned(items: Tensor, turns: Tensor) -> Tensor:
    """Return each item turned to the left by its own number of quarter turns, and from 4 on then mirrored.

    (B, C, H, W), (B,) in 0 ... 7 -> (B, C, H, W); items that are turned are square.
    """
    result, square = items.clone(), items.shape[-2] == items.shape[-1]
    for turn in (1, 2, 3) if square else ():
        result[turns % 4 == turn] = torch.rot90(items[turns % 4 == turn], turn, (-2, -1))
    result[turns >= 4] = result[turns >= 4].flip(-1)
    return result
