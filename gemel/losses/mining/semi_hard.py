"""The semi-hard negative of each positive pair."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.losses.mining.miner import Mined, Miner, positive_pairs


class SemiHard(Miner):
    """Each anchor and positive with the nearest negative that is farther than the positive.

    FaceNet, Schroff et al. 2015. Where no negative is farther, the farthest there is is taken: the least hard of the
    hard ones. Of equally far ones the first is taken. Whether a negative lies within the margin is left to the loss.
    """

    def __call__(self, distances: Tensor, labels: Tensor, generator: torch.Generator) -> Mined:
        anchor, positive, negatives = positive_pairs(labels)
        if len(anchor) == 0:
            return anchor, positive, anchor
        rows = distances[anchor]  # (T, B)
        farther = negatives & (rows > distances[anchor, positive][:, None])
        nearest = rows.masked_fill(~farther, math.inf).argmin(1)
        farthest = rows.masked_fill(~negatives, -math.inf).argmax(1)
        return anchor, positive, torch.where(farther.any(1), nearest, farthest)
