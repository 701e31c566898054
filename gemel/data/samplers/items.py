"""Shuffled items with their classes."""

from __future__ import annotations

import numpy as np
import torch

from gemel.batches import Labelled
from gemel.data.samplers.sampler import Sampler, checked


class Items(Sampler):
    """``batch_size`` items a batch, every item once a round: what a classification loss wants."""

    def __init__(self, labels: np.ndarray, seed: int = 0, batch_size: int = 128) -> None:
        super().__init__(labels, seed)
        self.batch_size = checked("batch_size", batch_size)

    def batch(self, step: int) -> Labelled:
        items = self.in_turn(np.arange(len(self.index.labels)), self.batch_size, step)
        return Labelled(torch.from_numpy(items), torch.from_numpy(self.index.labels[items]))
