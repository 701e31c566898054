"""A gallery's references at one moment, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from gemel.support import Support


@dataclass(frozen=True, eq=False)
class Held:
    """References at one moment; never changed.

    Attributes:
        version, arrangement: the gallery's, see ``tables.StateRow``.
        ids: (S,) int64, the references' numbers, ascending.
        owners: (S,) int64, the numbers of their classes.
        embeddings: (S, D) float32.
        sources: where they came from.
        labels: each class's label by its number.
        thresholds: those of classes that have one, likewise.
        threshold: the gallery's own, where one was set.
    """

    version: int
    arrangement: int
    ids: np.ndarray
    owners: np.ndarray
    embeddings: np.ndarray
    sources: np.ndarray
    labels: Mapping[int, str]
    thresholds: Mapping[int, float]
    threshold: float | None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def classes(self) -> np.ndarray:
        """(N,) the numbers of the classes that have a reference, ascending."""
        return np.unique(self.owners)

    @cached_property
    def places(self) -> np.ndarray:
        """(S,) each reference's class as a position in ``classes``."""
        return np.searchsorted(self.classes, self.owners)

    @cached_property
    def means(self) -> torch.Tensor:
        """(N, D) each class's mean embedding."""
        sums = torch.zeros(len(self.classes), self.embeddings.shape[1])
        sums.index_add_(0, torch.from_numpy(self.places), torch.from_numpy(self.embeddings))
        return sums / torch.from_numpy(np.bincount(self.places, minlength=len(sums)))[:, None]

    @cached_property
    def support(self) -> Support:
        """All of it, as a model identifies against it."""
        return self.support_of(self.classes)

    def support_of(self, classes: np.ndarray) -> Support:
        """Return the references of some classes, by their numbers, ascending: (C,)."""
        chosen = np.flatnonzero(np.isin(self.owners, classes))
        return Support(
            torch.from_numpy(self.embeddings[chosen]),
            torch.from_numpy(np.searchsorted(classes, self.owners[chosen])),
            tuple(self.labels[number] for number in classes.tolist()),
            tuple(self.sources[chosen].tolist()),
            ids=tuple(self.ids[chosen].tolist()),
        )

    def limits(self, classes: np.ndarray) -> list[float | None]:
        """Return the threshold that was set for each class, or else for the gallery."""
        return [self.thresholds.get(number, self.threshold) for number in classes.tolist()]

    def label_of(self, reference: int) -> str:
        """Return a reference's class by the reference's number."""
        return self.labels[int(self.owners[np.searchsorted(self.ids, reference)])]
