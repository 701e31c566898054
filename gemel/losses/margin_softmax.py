"""Softmax over cosines with a margin: CosFace and ArcFace."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.losses.loss import ClassLoss
from gemel.similarity.cosine import unit_length


def additive_cosine_margin(cosines: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Return the cosines with ``margin`` taken off that of the true class (CosFace): (B, classes) -> (B, classes)."""
    true = labels[:, None]
    return cosines.scatter_add(1, true, cosines.new_full(true.shape, -margin))


def additive_angular_margin(cosines: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Return the cosines with the true class's at ``cos(theta + margin)`` (ArcFace): (B, classes) -> (B, classes).

    Where ``theta + margin > pi`` the cosine would rise again; there, as in the authors' code, ``cos(theta) - margin
    sin(margin)`` goes on falling.
    """
    true = cosines.gather(1, labels[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)  # (B, 1)
    sines = (1 - true.square()).sqrt()
    shifted = true * math.cos(margin) - sines * math.sin(margin)
    falling = torch.where(true > -math.cos(margin), shifted, true - margin * math.sin(margin))
    return cosines.scatter(1, labels[:, None], falling)


class MarginSoftmax(ClassLoss):
    """Cross-entropy of ``scale * margin(cos(embedding, class weight))``, mean over the batch.

    Args:
        dimensions: D of the embeddings.
        classes: training classes.
        form: ``"cosface"`` (Wang et al. 2018) or ``"arcface"`` (Deng et al. 2019).
        margin: off the cosine (cosface, about 0.35) or on the angle in radians (arcface, about 0.5).
        scale: multiplies the cosines before the softmax.
    """

    def __init__(
        self, dimensions: int, classes: int, form: str = "cosface", margin: float = 0.35, scale: float = 30.0
    ) -> None:
        super().__init__()
        forms = {"cosface": additive_cosine_margin, "arcface": additive_angular_margin}
        if form not in forms:
            raise ValueError(f"form is '{form}'; it must be 'cosface' or 'arcface'")
        self.with_margin = forms[form]
        self.margin = margin
        self.scale = scale
        self.weight = nn.Parameter(torch.empty(classes, dimensions))
        nn.init.normal_(self.weight)

    def mean_loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        cosines = unit_length(embeddings) @ unit_length(self.weight).T  # (B, classes)
        return functional.cross_entropy(self.scale * self.with_margin(cosines, labels, self.margin), labels)
