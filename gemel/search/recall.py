"""How much an approximate search finds of what an exact one does."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from gemel.evaluation.intervals import Estimate, counted_rate


@dataclass(frozen=True)
class Recall:
    """The share of the k best that were found, with its 95 % interval.

    Attributes:
        value: the mean over the queries.
        k: how many were asked for.
        queries: how many asked; none of them was a reference.
        references: how many there were.
    """

    value: Estimate
    k: int
    queries: int
    references: int

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {**asdict(self), "value": self.value.to_json()}

    def __str__(self) -> str:
        return f"recall@{self.k} {self.value} ({self.queries} queries, {self.references} references)"


def recall_of(found: Tensor, exact: Tensor) -> Estimate:
    """Return the mean share of found scores that reach the exact k-th: (Q, k) twice, each row descending, Q >= 1.

    By scores, not numbers: of references equally near, any will do. The interval is Wilson's for Q trials of all or
    nothing, which no mean of Q shares exceeds in spread; it stays honest where every query found all.
    """
    shares = (found >= exact[:, -1:]).double().mean(1)
    total, trials = float(shares.sum()), len(shares)
    low, high = counted_rate(math.floor(total), trials).ci95[0], counted_rate(math.ceil(total), trials).ci95[1]
    return Estimate(total / trials, (low, high))
