"""Prototypes that look at one another before queries are compared with them."""

from __future__ import annotations

from torch import Tensor

from gemel.encoders import Encoder
from gemel.learners.episodic import Episodic
from gemel.learners.set_transformer import SetTransformer
from gemel.losses.loss import EpisodeLoss
from gemel.similarity import Similarity, prototypes


class FEAT(Episodic):
    """Few-shot embedding adaptation with a transformer: ``p(c | x) = softmax_c(scale * s(f(x), T(P)_c))``.

    Ye et al. 2020, with ``similarity: squared_euclidean`` and ``loss: cross_entropy``. P are the classes' mean
    embeddings, T a ``SetTransformer`` over them, s the similarity: each class is seen in the light of the others.
    With ``contrast`` above 0 the loss grows by ``contrast`` times that of the paper's regulariser: T over the items of
    each class by itself, support and queries alike, brings each item nearest to the mean of its class.

    Args:
        encoder: items -> embeddings; the paper trains it by classification first.
        similarity: compares queries with the adapted prototypes.
        loss: an ``EpisodeLoss``.
        scale: 1 / temperature, for both losses; the paper takes 1/64 or 1/32.
        dropout: of the transformer, in training.
        contrast: weight of the regulariser; the paper takes 1 at one shot and 0.1 at five.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: EpisodeLoss,
        scale: float = 1 / 64,
        dropout: float = 0.5,
        contrast: float = 0.0,
    ) -> None:
        super().__init__(encoder, similarity, loss, scale)
        if contrast < 0:
            raise ValueError(f"contrast is {contrast}; it must be 0 or more")
        self.contrast = contrast
        self.transformer = SetTransformer(encoder.dimensions, dropout)

    @property
    def softmax_scale(self) -> float:
        """That of training: adapted prototypes are elsewhere than items, to which the calibration belongs."""
        return self.scale

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return each query's scores with the adapted prototypes: (..., Q, D), (..., S, D) -> (..., Q, classes)."""
        return self.similarity.matrix(query, self.transformer(prototypes(support, labels, classes)))

    def penalty(self, embeddings: Tensor, labels: Tensor, classes: int) -> Tensor:
        if not self.contrast:
            return super().penalty(embeddings, labels, classes)
        moved = self.transformer(embeddings, seen=labels[:, None] == labels)  # each among those of its class
        scores = self.similarity.matrix(moved, prototypes(moved, labels, classes))  # (B, N)
        return self.contrast * self.loss(self.scale * scores, labels)
