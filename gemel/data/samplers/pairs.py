"""Pairs, half of one class and half of two."""

from __future__ import annotations

import numpy as np
import torch

from gemel.batches import Pairs
from gemel.data.samplers.sampler import Sampler, checked
from gemel.errors import DataError


class RandomPairs(Sampler):
    """``pairs`` a batch: the first half same, the second half different; every class leads pairs of both kinds in turn.

    A same pair is two different items. A class of a single item leads, and is met in, different pairs only.

    Raises:
        DataError: fewer than two classes, or none with two items.
    """

    def __init__(self, labels: np.ndarray, seed: int = 0, pairs: int = 128) -> None:
        super().__init__(labels, seed)
        self.pairs = checked("pairs", pairs)
        self.pairable = self.index.holding(2)
        if self.index.classes < 2 or len(self.pairable) == 0:
            raise DataError(
                f"{self.index.classes} class(es), {len(self.pairable)} with two items or more: pairs need at least two "
                "classes, one of them with two items. Add examples."
            )

    def batch(self, step: int) -> Pairs:
        generator = self.generator(step)
        same_count = self.pairs // 2
        same = self._same(generator, step, same_count)  # (P/2, 2)
        different = self._different(generator, step, self.pairs - same_count)  # (P - P/2, 2)
        both = torch.from_numpy(np.concatenate([same, different]))
        truth = (torch.arange(self.pairs) < same_count).long()
        return Pairs(both[:, 0], both[:, 1], truth)

    def _same(self, generator: np.random.Generator, step: int, count: int) -> np.ndarray:
        classes = self.in_turn(self.pairable, count, step) if count else self.pairable[:0]
        return np.array([self.index.draw(generator, label, 2) for label in classes], dtype=np.int64).reshape(-1, 2)

    def _different(self, generator: np.random.Generator, step: int, count: int) -> np.ndarray:
        first = self.in_turn(np.arange(self.index.classes), count, step)
        second = (first + generator.integers(1, self.index.classes, count)) % self.index.classes
        return np.array(
            [[generator.choice(self.index.members[a]), generator.choice(self.index.members[b])]
             for a, b in zip(first, second, strict=True)]
        )  # fmt: skip
