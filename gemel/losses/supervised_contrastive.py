"""Supervised contrastive loss: a softmax over the batch instead of over class weights."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.losses.loss import ClassLoss
from gemel.similarity.cosine import unit_length


def supervised_contrastive(cosines: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Return each anchor's ``-mean over p of ln(exp(s_ap / t) / sum over k of exp(s_ak / t))``: (B, B), (B,) -> (B,).

    p runs over the anchor's other items of its class, k over all other items. An anchor alone in its class costs 0.
    """
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = (labels[:, None] == labels) & ~itself
    lowest = torch.finfo(cosines.dtype).min  # not -inf, whose gradient in a batch of one is not a number
    log_shares = (cosines / temperature).masked_fill(itself, lowest).log_softmax(1)
    return -log_shares.masked_fill(~positive, 0).sum(1) / positive.sum(1).clamp(min=1)


class SupervisedContrastive(ClassLoss):
    """Each item's own class picked out of the batch by cosine, mean over the items that have a partner there.

    Its samplers are those that draw several items of a class. Khosla et al. 2020 (the sum outside the logarithm).

    Args:
        temperature: divides the cosines: the lower, the more the nearest items weigh. Above 0.
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"temperature is {temperature}; it must be above 0")
        self.temperature = temperature

    def mean_loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        unit = unit_length(embeddings)
        losses = supervised_contrastive(unit @ unit.T, labels, self.temperature)
        partnered = (labels[:, None] == labels).sum(1) > 1
        return losses.sum() / partnered.sum().clamp(min=1)
