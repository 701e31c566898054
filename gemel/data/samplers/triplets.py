"""Random triplets."""

from __future__ import annotations

import numpy as np
import torch

from gemel.batches import Triplets
from gemel.data.samplers.sampler import Sampler, checked
from gemel.errors import DataError


class RandomTriplets(Sampler):
    """``triplets`` a batch: anchor and positive are two items of one class, the negative is of any other class.

    Every class with two items is anchor in turn; negatives come from all classes alike.

    Raises:
        DataError: fewer than two classes, or none with two items.
    """

    def __init__(self, labels: np.ndarray, seed: int = 0, triplets: int = 64) -> None:
        super().__init__(labels, seed)
        self.triplets = checked("triplets", triplets)
        self.pairable = self.index.holding(2)
        if self.index.classes < 2 or len(self.pairable) == 0:
            raise DataError(
                f"{self.index.classes} class(es), {len(self.pairable)} with two items or more: triplets need at least "
                "two classes, one of them with two items. Add examples."
            )

    def batch(self, step: int) -> Triplets:
        generator = self.generator(step)
        classes = self.in_turn(self.pairable, self.triplets, step)
        same = np.array([self.index.draw(generator, label, 2) for label in classes])  # (T, 2)
        others = (classes + generator.integers(1, self.index.classes, self.triplets)) % self.index.classes
        negative = np.array([generator.choice(self.index.members[label]) for label in others])
        return Triplets(torch.from_numpy(same[:, 0]), torch.from_numpy(same[:, 1]), torch.from_numpy(negative))
