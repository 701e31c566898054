"""Learning from episodes: each query to its class, as the classes of a support set are scored later."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.batches import Batch, Episode
from gemel.encoders import Encoder
from gemel.learners.learner import EmbeddingLearner, Step
from gemel.losses.loss import EpisodeLoss
from gemel.similarity import Similarity


class Episodic(EmbeddingLearner):
    """``loss(scale * class_scores(queries, support), true classes)`` on N-way K-shot episodes.

    With ``similarity: squared_euclidean`` and ``loss: cross_entropy`` it is the prototypical network of Snell et al.
    2017, ``p(c | x) = softmax_c(-|f(x) - mean of f over the class's support|^2)``; with ``similarity: relation`` and
    ``loss: mean_squared_error`` the relation network of Sung et al. 2018. More ways in training than in test, as Snell
    et al. advise, is the sampler's affair: ``sampler: {name: episodes, ways: 60}``.

    Args:
        encoder: items -> embeddings.
        similarity: its ``class_scores`` compare queries with classes.
        loss: an ``EpisodeLoss``.
        scale: multiplies the scores before the loss; 1 in the papers above. A cosine, which keeps to [-1, 1], wants 10
            or so (Oreshkin et al. 2018).

    Raises:
        ValueError: ``scale`` is not above 0.
    """

    sampler = "episodes"
    batches = (Episode,)
    loss_kind = EpisodeLoss

    def __init__(self, encoder: Encoder, similarity: Similarity, loss: EpisodeLoss, scale: float = 1.0) -> None:
        super().__init__(encoder, similarity)
        if scale <= 0:
            raise ValueError(f"scale is {scale}; it must be above 0")
        self.loss = loss
        self.scale = scale

    def forward(self, batch: Batch) -> Step:
        if not isinstance(batch, Episode):
            raise TypeError(f"{type(self).__name__} trains on Episode batches, not {type(batch).__name__}.")
        labels, truth = batch.support.labels, batch.query.labels
        embeddings = self.embed(torch.cat(batch.parts()))  # (S + Q, D): the form that class scores see in use
        support, query = torch.split(embeddings, [len(labels), len(truth)])
        classes = int(labels.max()) + 1
        with self.autocast(self.similarity.autocast):
            scores = self.class_scores(query, support, labels, classes)  # (Q, N)
        with self.autocast(False):
            loss = self.loss(self.scale * scores, truth) + self.penalty(embeddings, torch.cat([labels, truth]), classes)
        return Step(loss, {"accuracy": (scores.argmax(-1) == truth).float().mean().detach()})

    def autocast(self, kept: bool) -> torch.autocast:
        """Return the context in which autocast is as it was; or off, since bfloat16 means would be off by a percent."""
        kind = self.device.type
        return torch.autocast(kind, enabled=kept and torch.is_autocast_enabled(kind))

    def penalty(self, embeddings: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return what the loss grows by; 0 unless the method says otherwise.

        (S + Q, D), support before queries, and (S + Q,) in 0 ... classes-1 -> ().
        """
        return embeddings.new_zeros(())
