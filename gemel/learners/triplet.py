"""Triplet networks."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.batches import Batch, Labelled, Triplets
from gemel.encoders import Encoder
from gemel.learners.learner import EmbeddingLearner, Step
from gemel.losses.loss import TripletLoss
from gemel.losses.mining import Miner
from gemel.similarity import Similarity


class Triplet(EmbeddingLearner):
    """Anchors nearer to items of their class than to others (Schroff et al. 2015; Hoffer & Ailon 2015).

    From a batch of labelled items, each embedded once, the miner picks the triplets; a batch of ``Triplets`` is taken
    as it comes. The loss is averaged over the triplets whose loss is above 0 (Hermans et al. 2017), since easy ones
    would fade it out.

    Args:
        encoder: items -> embeddings.
        similarity: its distance is the loss's.
        loss: a ``TripletLoss``.
        miner: picks triplets from a batch of labelled items.
    """

    sampler = "class_items"
    batches = (Labelled, Triplets)
    loss_kind = TripletLoss

    def __init__(self, encoder: Encoder, similarity: Similarity, loss: TripletLoss, miner: Miner) -> None:
        super().__init__(encoder, similarity)
        self.loss = loss
        self.miner = miner

    def forward(self, batch: Batch) -> Step:
        positive, negative = self._distances(batch)
        losses = self.loss(positive, negative)
        active = losses > 0
        loss = (losses * active).sum() / active.sum().clamp(min=1)
        share = active.float().mean() if len(losses) else torch.zeros(())
        return Step(loss, {"active": share.detach()})

    def _distances(self, batch: Batch) -> tuple[Tensor, Tensor]:
        if isinstance(batch, Triplets):
            anchor, positive, negative = self.encode(torch.cat(batch.parts())).chunk(3)
            return self._distance(anchor, positive), self._distance(anchor, negative)
        if isinstance(batch, Labelled):
            embeddings = self.encode(batch.items)
            distances = self.similarity.distance(self.similarity.matrix(embeddings, embeddings))  # (B, B)
            # A miner that draws does so from the generator that the trainer seeds with (seed, step).
            a, p, n = self.miner(distances.detach(), batch.labels, torch.default_generator)
            return distances[a, p], distances[a, n]
        raise TypeError(f"Triplet trains on Triplets or Labelled batches, not {type(batch).__name__}.")

    def _distance(self, a: Tensor, b: Tensor) -> Tensor:
        return self.similarity.distance(self.similarity(a, b))
