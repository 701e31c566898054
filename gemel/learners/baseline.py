"""A head fitted on the frozen embeddings of the support: Baseline and Baseline++."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from gemel.encoders import Encoder
from gemel.learners.classification import Classification
from gemel.learners.drawn_heads import drawn_scores
from gemel.losses.loss import ClassLoss
from gemel.similarity import Similarity
from gemel.similarity.cosine import unit_length

#: Sums of squares below this are none: a support of zeros has neither spread nor direction.
LEAST = 1e-12


def largest(gram: Tensor) -> Tensor:
    """Return a bound on the largest eigenvalue, the largest sum of a row: (..., S, S) -> (..., 1, 1)."""
    return gram.abs().sum(-1).amax(-1).clamp(min=LEAST)[..., None, None]


def linear_head(gram: Tensor, targets: Tensor, decay: float, steps: int) -> Tensor:
    """Return the A of the softmax regression ``W = X^T A``: (..., S, S), (S, N) -> (..., S, N).

    W descends ``mean cross-entropy(X W, targets) + decay / 2 |W|^2`` from 0 by accelerated gradient steps (Nesterov
    1983), each as long as the bound on the curvature allows, ``|X X^T| / 2S + decay`` (Boehning 1992), whatever the
    scale of X. No step leaves the span of X, so that ``gram = X X^T`` is all that is needed of it.
    """
    count = gram.shape[-1]
    rate = 1 / (largest(gram) / (2 * count) + decay)
    head = ahead = gram.new_zeros(*gram.shape[:-1], targets.shape[-1])
    for step in range(steps):
        residual = (torch.softmax(gram @ ahead, -1) - targets) / count
        descended = ahead - rate * (residual + decay * ahead)
        head, ahead = descended, descended + step / (step + 3) * (descended - head)
    return head


def cosine_head(gram: Tensor, targets: Tensor, scale: float, steps: int) -> Tensor:
    """Return the A of ``W = X^T A`` with columns of length 1, as are the rows of X: (..., S, S), (S, N) -> (..., S, N).

    W descends ``mean cross-entropy(scale X W, targets)`` from the classes' means by gradient steps, each as long as the
    bound on the curvature allows, ``scale^2 |X X^T| / 2S``, and is brought back to length 1 after each.
    """
    count = gram.shape[-1]
    rate = 2 * count / (scale**2 * largest(gram))
    head = of_unit_length(targets.expand(*gram.shape[:-1], -1), gram)
    for _ in range(steps):
        residual = (torch.softmax(scale * gram @ head, -1) - targets) * (scale / count)
        head = of_unit_length(head - rate * residual, gram)
    return head


def of_unit_length(head: Tensor, gram: Tensor) -> Tensor:
    """Return A with each ``|X^T a|`` at 1, whose square is ``a^T X X^T a``: (..., S, N) -> (..., S, N)."""
    squares = ((gram @ head) * head).sum(-2, keepdim=True)
    return head / squares.masked_fill(squares < LEAST, torch.inf).sqrt()


def linear_scores(query: Tensor, support: Tensor, targets: Tensor, decay: float, steps: int) -> Tensor:
    """Return the logits ``W x + b`` of each query: (..., Q, D), (..., S, D), (S, N) -> (..., Q, N).

    x is taken from the support's mean, in units of its spread around it, so that ``decay`` means the same whatever the
    scale of the embeddings; b is the weight of a 1 appended to x.
    """
    centre = support.mean(-2, keepdim=True)
    rows = support - centre
    spread = rows.square().sum(-1).mean(-1).clamp(min=LEAST)[..., None, None]
    head = linear_head(rows @ rows.mT / spread + 1, targets, decay, steps)
    return ((query - centre) @ rows.mT / spread + 1) @ head


def cosine_scores(query: Tensor, support: Tensor, targets: Tensor, scale: float, steps: int) -> Tensor:
    """Return ``cos(x, w_c)`` of each query, in [-1, 1]: (..., Q, D), (..., S, D), (S, N) -> (..., Q, N)."""
    rows = unit_length(support)
    return unit_length(query) @ rows.mT @ cosine_head(rows @ rows.mT, targets, scale, steps)


def in_full(embeddings: Tensor) -> Tensor:
    """Return the embeddings in double precision, where the device has it: near copies differ in their last digits."""
    return embeddings.float() if embeddings.device.type == "mps" else embeddings.double()


class Baseline(Classification):
    """Baseline and Baseline++: softmax training, then a new head on the support's embeddings (Chen et al. 2019).

    Training is that of ``Classification``: ``loss: softmax`` for Baseline, ``loss: {name: margin_softmax, margin: 0}``,
    a softmax over cosines, for Baseline++. At test the encoder stays as it is, and for each support set

        head: linear    argmin_W  mean cross-entropy(W x + b) + decay / 2 |W|^2     (Baseline)
        head: cosine    argmin_W  mean cross-entropy(scale cos(x, w_c))             (Baseline++)

    is descended for ``steps`` iterations, for all episodes at once. With ``fit: sgd`` they are the paper's rounds, in
    batches of four from drawn weights, whose draw and rate still show in the answers; with ``fit: whole``, steps over
    the whole support, from 0 (from the classes' means) and as long as the loss allows: nothing is drawn.

    Args:
        encoder: items -> embeddings.
        similarity: compares two embeddings; the head does not ask it.
        loss: a ``ClassLoss``.
        head: ``"linear"`` or ``"cosine"``.
        fit: ``"whole"``, or ``"sgd"`` as in the paper.
        steps: iterations; the paper takes 100.
        decay: the weights' decay of the linear head.
        scale: multiplies the cosines of the cosine head before the softmax.

    Raises:
        ValueError: ``head`` or ``fit`` is unknown, or a number is out of range.
    """

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: ClassLoss,
        head: str = "linear",
        fit: str = "whole",
        steps: int = 100,
        decay: float = 1e-3,
        scale: float = 2.0,
    ) -> None:
        super().__init__(encoder, similarity, loss)
        if head not in ("linear", "cosine"):
            raise ValueError(f"head is '{head}'; it must be 'linear' or 'cosine'")
        if fit not in ("whole", "sgd"):
            raise ValueError(f"fit is '{fit}'; it must be 'whole' or 'sgd'")
        if steps < 1 or decay < 0 or scale <= 0:
            raise ValueError(f"steps is {steps}, decay {decay}, scale {scale}; they must be >= 1, >= 0 and > 0")
        self.head, self.fit, self.steps, self.decay, self.scale = head, fit, steps, decay, scale

    @property
    def softmax_scale(self) -> float:
        """That of the head: its scores know no other classes than the support's."""
        return self.scale if self.head == "cosine" else 1.0

    @torch.no_grad()
    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the logits, or the cosines, of a head fitted on the support: (..., Q, D) -> (..., Q, classes)."""
        if self.fit == "sgd":
            scale = self.scale if self.head == "cosine" else None
            return drawn_scores(query, support, labels, classes, scale, self.decay, self.steps)
        asked, rows = in_full(query), in_full(support)
        targets = functional.one_hot(labels, classes).to(rows)
        if self.head == "linear":
            return linear_scores(asked, rows, targets, self.decay, self.steps).to(query)
        return cosine_scores(asked, rows, targets, self.scale, self.steps).to(query)
