"""Triplet loss, in its four published forms."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from gemel.losses.loss import TripletLoss


def triplet_plain(positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Return ``max(0, d_ap - d_an + margin)``: (T,), (T,) -> (T,). Hermans et al. 2017."""
    return (positive - negative + margin).clamp(min=0)


def triplet_squared(positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Return ``max(0, d_ap^2 - d_an^2 + margin)``: (T,), (T,) -> (T,). FaceNet, Schroff et al. 2015."""
    return triplet_plain(positive.square(), negative.square(), margin)


def triplet_ratio(positive: Tensor, negative: Tensor) -> Tensor:
    """Return ``d+^2`` with ``(d+, d-) = softmax(d_ap, d_an)``: (T,), (T,) -> (T,), in (0, 1).

    Hoffer & Ailon 2015: the squared error ``|(d+, d-) - (0, 1)|^2 = 2 d+^2``, which they give up to a constant.
    """
    return (positive - negative).sigmoid().square()


def triplet_soft(positive: Tensor, negative: Tensor) -> Tensor:
    """Return ``log(1 + exp(d_ap - d_an))``, a margin without an edge: (T,), (T,) -> (T,). Hermans et al. 2017."""
    return functional.softplus(positive - negative)


class Triplet(TripletLoss):
    """An anchor nearer to its positive than to its negative.

    Args:
        margin: by how much nearer (``"squared"``: in squared distance); the other two forms have none.
        form: ``"plain"``, ``"squared"``, ``"ratio"`` or ``"soft"``; see the functions of this file.
    """

    def __init__(self, margin: float = 0.2, form: str = "plain") -> None:
        super().__init__()
        if form not in ("plain", "squared", "ratio", "soft"):
            raise ValueError(f"form is '{form}'; it must be 'plain', 'squared', 'ratio' or 'soft'")
        if margin < 0:
            raise ValueError(f"margin is {margin}; it must not be below 0")
        self.form = form
        self.margin = margin

    def forward(self, positive: Tensor, negative: Tensor) -> Tensor:
        match self.form:
            case "squared":
                return triplet_squared(positive, negative, self.margin)
            case "ratio":
                return triplet_ratio(positive, negative)
            case "soft":
                return triplet_soft(positive, negative)
        return triplet_plain(positive, negative, self.margin)
