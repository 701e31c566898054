"""Embeddings in which items of one class scatter alike in every direction."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gemel.encoders import Encoder
from gemel.errors import DataError
from gemel.learners.classification import Classification
from gemel.losses.loss import ClassLoss
from gemel.similarity import Similarity, prototypes

#: Directions with less than this share of the largest variance are none.
NEGLIGIBLE = 1e-9


def within_class_whitening(embeddings: Tensor, labels: Tensor, shrinkage: float) -> Tensor:
    """Return ``P ((1 - s) W + s tr(W) / r I)^(-1/2) P^T``: (M, D), (M,) -> (D, D) in float64.

    P (D, r) spans the embeddings around their mean, and W is the covariance of items around their class's mean, within
    that span. What differs between items of one class counts little after it, what never does counts much; nothing is
    known of directions outside the span, and they count 0.

    Raises:
        DataError: no class has two differing items.
    """
    rows = embeddings.double() - embeddings.double().mean(0)
    variances, vectors = torch.linalg.eigh(rows.mT @ rows / len(rows))
    span = vectors[:, variances > NEGLIGIBLE * variances[-1].clamp(min=1e-30)]  # (D, r)
    inside = rows @ span
    scatter = inside - prototypes(inside, labels, int(labels.max()) + 1)[labels]
    within = scatter.mT @ scatter / len(rows)  # (r, r)
    mean = within.diagonal().mean() if span.shape[1] else within.sum()
    if not mean > 0:
        raise DataError("No training class has two differing items, and how items of a class differ is what is wanted.")
    within = (1 - shrinkage) * within + shrinkage * mean * torch.eye(len(within), dtype=within.dtype)
    values, axes = torch.linalg.eigh(within)
    return span @ (axes * values.clamp(min=NEGLIGIBLE * mean).rsqrt()) @ axes.mT @ span.mT


class Whitened(Classification):
    """Within-class covariance normalisation: ``(f(x) - m) T``, m the training classes' mean, T their whitening.

    T is ``within_class_whitening`` with shrinkage towards a ball (Hatch, Kajarekar & Stolcke 2006; the linear
    discriminant of Fisherfaces, Belhumeur et al. 1997, without its choice of few directions). It is found in one go
    after training: with an encoder that has learnt already, or learns nothing, ``training.steps=0`` is all. Before it
    settles, embeddings are compared as they come.

    Args:
        encoder: items -> embeddings.
        similarity: compares the whitened embeddings; ``cosine`` is meant.
        loss: a ``ClassLoss``, for training the encoder before.
        shrinkage: s in (0, 1]; 1 leaves the directions as they are, near 0 trusts few examples too much.
        copies: augmented copies of each training item that are taken in, besides itself.

    Raises:
        ValueError: an option is out of range.
    """

    centre: Tensor
    whitening: Tensor
    settled: Tensor

    def __init__(
        self, encoder: Encoder, similarity: Similarity, loss: ClassLoss, shrinkage: float = 0.3, copies: int = 4
    ) -> None:
        super().__init__(encoder, similarity, loss)
        if not 0 < shrinkage <= 1 or copies < 0:
            raise ValueError(f"shrinkage is {shrinkage}, copies {copies}; they must be in (0, 1] and 0 or more")
        self.shrinkage, self.copies = shrinkage, copies
        self.register_buffer("centre", torch.zeros(encoder.dimensions))
        self.register_buffer("whitening", torch.eye(encoder.dimensions))
        self.register_buffer("settled", torch.tensor(False))

    def settle(self, embedded: Callable[[int], tuple[Tensor, Tensor]]) -> None:
        self.settled.fill_(False)
        embeddings, labels = embedded(self.copies)
        self.centre.copy_(embeddings.mean(0))
        self.whitening.copy_(within_class_whitening(embeddings, labels, self.shrinkage))
        self.settled.fill_(True)

    def embed(self, items: Tensor) -> Tensor:
        """Return the embeddings, centred and whitened once the classes are known: (B, C, H, W) -> (B, D)."""
        embeddings = self.encode(items)
        if not self.settled:
            return embeddings
        return self.similarity.canonical((embeddings - self.centre) @ self.whitening)
