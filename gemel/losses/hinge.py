"""Hinge loss of a pair's score."""

from __future__ import annotations

from torch import Tensor

from gemel.losses.loss import PairLoss
from gemel.similarity import Similarity


def hinge(score: Tensor, same: Tensor) -> Tensor:
    """Return ``max(0, 1 - y score)`` with ``y = 2 same - 1``: (P,), (P,) -> (P,)."""
    return (1 - (2 * same - 1) * score).clamp(min=0)


class Hinge(PairLoss):
    """``max(0, 1 - y o)`` of a score o, y being 1 for a pair of one class and -1 for another.

    Zagoruyko & Komodakis 2015, eq. 1, whose squared norm of the weights is ``training.weight_decay`` here. It wants a
    score that reaches 1 for the same and -1 for others, such as ``two_channel``'s or ``weighted_l1``'s; a distance's
    never passes 0.
    """

    def forward(self, score: Tensor, same: Tensor, similarity: Similarity) -> Tensor:
        return hinge(score, same.to(score))
