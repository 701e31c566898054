"""Contrastive loss, in its three published forms."""

from __future__ import annotations

from torch import Tensor

from gemel.losses.loss import PairLoss
from gemel.similarity import Similarity


def contrastive_hadsell(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """Return ``same d^2 / 2 + (1 - same) max(0, margin - d)^2 / 2``: (P,), (P,) -> (P,).

    Hadsell, Chopra & LeCun 2006, eq. 4, where Y = 1 - same: there 0 marks a similar pair.
    """
    return contrastive_plain(distance, same, margin) / 2


def contrastive_caffe(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """Return ``same d^2 / 2 + (1 - same) max(0, margin - d^2) / 2``: (P,), (P,) -> (P,).

    Caffe's ``ContrastiveLossLayer`` as first published, where y = same; its margin is one of squared distance. (The
    layer's later default, ``legacy_version: false``, is Hadsell's form.)
    """
    squared = distance.square()
    return (same * squared + (1 - same) * (margin - squared).clamp(min=0)) / 2


def contrastive_plain(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """Return ``same d^2 + (1 - same) max(0, margin - d)^2``, Hadsell's form without the halves: (P,), (P,) -> (P,)."""
    return same * distance.square() + (1 - same) * (margin - distance).clamp(min=0).square()


class ContrastiveLoss(PairLoss):
    """Pulls same pairs together, and pushes different ones until their distance reaches the margin.

    ``d = similarity.distance(score)``. At d = 0 a different pair has gradient 0: there is no direction to push in.

    Args:
        margin: the distance (``"caffe"``: the squared distance) beyond which a different pair costs nothing.
        form: ``"hadsell"``, ``"caffe"`` or ``"plain"``; see the functions of this file.
    """

    def __init__(self, margin: float = 1.0, form: str = "hadsell") -> None:
        super().__init__()
        forms = {"hadsell": contrastive_hadsell, "caffe": contrastive_caffe, "plain": contrastive_plain}
        if form not in forms:
            raise ValueError(f"form is '{form}'; it must be 'hadsell', 'caffe' or 'plain'")
        if margin <= 0:
            raise ValueError(f"margin is {margin}; it must be above 0")
        self.formula = forms[form]
        self.margin = margin

    def forward(self, score: Tensor, same: Tensor, similarity: Similarity) -> Tensor:
        return self.formula(similarity.distance(score), same.to(score), self.margin)
