"""Which share of validation scores reaches a threshold: a small table that answers for any threshold."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from gemel.errors import ModelError
from gemel.evaluation.saved import checked_count, checked_fields, checked_numbers, rises


def kept_ranks(count: int) -> np.ndarray:
    """Return ranks 0 ... count-1 to keep: all near both ends, then 1 % apart, so that every rate stays within 1 %."""
    steps = np.unique(np.geomspace(1, count, 1 + int(100 * np.log(count) + 1)).round().astype(np.int64)) - 1
    return np.union1d(steps, count - 1 - steps)


def just_above(score: float) -> float:
    """Return the next greater number in single precision, in which scores come."""
    return float(np.nextafter(np.float32(score), np.float32(np.inf)))


@dataclass(frozen=True)
class ScoreTable:
    """The distribution of scores, thinned where they are many.

    Attributes:
        scores: distinct, ascending.
        shares: for each, the share of all pairs that score at least so much; descending from 1.
        pairs: how many scores there were.
    """

    scores: tuple[float, ...]
    shares: tuple[float, ...]
    pairs: int

    @classmethod
    def of(cls, scores: np.ndarray) -> Self:
        """Return the table of scores (P,), P >= 1; exact up to 100 scores, and within 1 % of any rate beyond."""
        ascending = np.sort(scores.astype(np.float64))
        kept = np.unique(ascending[kept_ranks(len(ascending))])
        below = np.searchsorted(ascending, kept, side="left")
        return cls(tuple(kept.tolist()), tuple(((len(ascending) - below) / len(ascending)).tolist()), len(ascending))

    def share_reaching(self, threshold: float) -> float:
        """Return the share of the scores that are at least ``threshold``."""
        position = bisect_left(self.scores, threshold)
        return self.shares[position] if position < len(self.scores) else 0.0

    def threshold_reached_by(self, share: float) -> float:
        """Return the lowest score kept that at most ``share`` of all reach; just above the highest if none is so."""
        within = bisect_left(self.shares, -share * (1 + 1e-9), key=lambda other: -other)
        if within == len(self.scores):
            return just_above(self.scores[-1])
        return self.scores[within]

    def to_json(self) -> dict[str, Any]:
        """Return ``{"scores", "shares", "pairs"}``."""
        return {"scores": list(self.scores), "shares": list(self.shares), "pairs": self.pairs}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return the table that ``to_json`` wrote.

        Raises:
            ModelError: it is not such a table.
        """
        fields = checked_fields(data, "table of scores", {"scores", "shares", "pairs"})
        table = cls(
            checked_numbers(fields["scores"]), checked_numbers(fields["shares"]), checked_count(fields["pairs"])
        )
        if not table.holds_together():
            raise ModelError("The calibration's table of scores is damaged (its order or size); calibrate again.")
        return table

    def holds_together(self) -> bool:
        """Return whether scores rise strictly, shares fall strictly from 1 and stay above 0, and the pairs suffice."""
        if not 1 <= len(self.scores) == len(self.shares) <= self.pairs:
            return False
        return rises(self.scores) and rises(self.shares[::-1]) and self.shares[0] == 1 and self.shares[-1] > 0
