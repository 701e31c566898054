"""Siamese networks: one encoder, two items, one score."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.batches import Batch, Labelled, Pairs
from gemel.encoders import Encoder
from gemel.learners.learner import EmbeddingLearner, Step
from gemel.losses.loss import PairLoss
from gemel.similarity import Similarity


def balanced_mean(losses: Tensor, same: Tensor, active_only: bool) -> Tensor:
    """Return ``(mean over same pairs + mean over different pairs) / 2``: (P,), (P,) -> ().

    A batch of P x K items has many more different pairs than same ones; this gives both kinds half the weight. With
    ``active_only`` each mean is over the pairs whose loss is not 0, so that the many easy pairs do not drown the few
    that teach. A kind without pairs counts 0.
    """
    counted = (losses > 0) if active_only else torch.ones_like(losses, dtype=torch.bool)
    sides = [kind & counted for kind in (same == 1, same == 0)]
    return torch.stack([(losses * side).sum() / side.sum().clamp(min=1) for side in sides]).sum() / 2


class Siamese(EmbeddingLearner):
    """Pairs through one encoder, a similarity, and a loss on the score.

    With ``loss: contrastive`` on a Euclidean similarity it is the network of Hadsell et al. 2006; with
    ``loss: binary_cross_entropy`` on ``similarity: weighted_l1`` that of Koch et al. 2015. From a batch of labelled
    items it takes all pairs, each item embedded once; a batch of ``Pairs`` is taken as it comes.

    Args:
        encoder: items -> embeddings.
        similarity: embeddings -> score.
        loss: a ``PairLoss``.
        active_only: average over pairs with a loss above 0 (see ``balanced_mean``).
    """

    sampler = "class_items"
    batches = (Labelled, Pairs)
    loss_kind = PairLoss

    def __init__(self, encoder: Encoder, similarity: Similarity, loss: PairLoss, active_only: bool = False) -> None:
        super().__init__(encoder, similarity)
        self.loss = loss
        self.active_only = active_only

    def forward(self, batch: Batch) -> Step:
        score, same = self._scored(batch)
        losses = self.loss(score, same, self.similarity)
        figures = {"active": (losses > 0).float().mean(), "spread": score.std(correction=0)}
        return Step(balanced_mean(losses, same, self.active_only), {k: v.detach() for k, v in figures.items()})

    def _scored(self, batch: Batch) -> tuple[Tensor, Tensor]:
        if isinstance(batch, Pairs):
            left, right = self.encode(torch.cat([batch.left, batch.right])).chunk(2)
            return self.similarity(left, right), batch.same
        if isinstance(batch, Labelled):
            embeddings = self.encode(batch.items)
            i, j = torch.triu_indices(len(embeddings), len(embeddings), offset=1, device=embeddings.device)
            same = (batch.labels[i] == batch.labels[j]).long()
            return self.similarity.matrix(embeddings, embeddings)[i, j], same
        raise TypeError(f"Siamese trains on Pairs or Labelled batches, not {type(batch).__name__}.")
