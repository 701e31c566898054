"""N-way K-shot episodes."""

from __future__ import annotations

import numpy as np
import torch

from gemel.batches import Episode, Labelled
from gemel.data.samplers.sampler import Sampler, checked
from gemel.errors import DataError


class Episodes(Sampler):
    """One episode a batch: ``ways`` classes with ``shots`` support and ``queries`` query items each, none in both.

    Every class that has enough items is met once a round.

    Raises:
        DataError: fewer than ``ways`` classes have ``shots + queries`` items.
    """

    def __init__(self, labels: np.ndarray, seed: int = 0, ways: int = 5, shots: int = 1, queries: int = 15) -> None:
        super().__init__(labels, seed)
        self.ways = checked("ways", ways, least=2)
        self.shots, self.queries = checked("shots", shots), checked("queries", queries)
        self.eligible = self.index.holding(shots + queries)
        if len(self.eligible) < ways:
            raise DataError(
                f"{ways}-way {shots}-shot episodes with {queries} queries need {ways} classes of {shots + queries} "
                f"items; {len(self.eligible)} of {self.index.classes} classes have that many. Lower ways, shots or "
                "queries."
            )

    def batch(self, step: int) -> Episode:
        generator = self.generator(step)
        classes = self.in_turn(self.eligible, self.ways, step)
        drawn = np.stack([self.index.draw(generator, label, self.shots + self.queries) for label in classes])
        items = torch.from_numpy(drawn)  # (N, K + Q)
        return Episode(self._labelled(items[:, : self.shots]), self._labelled(items[:, self.shots :]))

    def _labelled(self, items: torch.Tensor) -> Labelled:
        labels = torch.arange(self.ways).repeat_interleave(items.shape[1])
        return Labelled(items.reshape(-1), labels)
