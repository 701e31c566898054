"""The hardest triplet of each anchor."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.losses.mining.miner import Mined, Miner, relations


class Hard(Miner):
    """Each anchor with its farthest positive and its nearest negative ("batch hard", Hermans et al. 2017).

    Of equally far ones the first is taken. An anchor without a positive or a negative is left out.
    """

    def __call__(self, distances: Tensor, labels: Tensor, generator: torch.Generator) -> Mined:
        positives, negatives = relations(labels)
        anchor = (positives.any(1) & negatives.any(1)).nonzero()[:, 0]  # (T,)
        farthest = distances.masked_fill(~positives, -math.inf)[anchor]  # (T, B)
        nearest = distances.masked_fill(~negatives, math.inf)[anchor]  # (T, B)
        if len(anchor) == 0:
            return anchor, anchor, anchor
        return anchor, farthest.argmax(1), nearest.argmin(1)
