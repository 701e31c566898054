"""Every triplet of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.losses.mining.miner import Mined, Miner, positive_pairs


class AllTriplets(Miner):
    """All of them ("batch all", Hermans et al. 2017): P classes of K items give P K (K - 1) (P - 1) K triplets."""

    def __call__(self, distances: Tensor, labels: Tensor, generator: torch.Generator) -> Mined:
        anchor, positive, negatives = positive_pairs(labels)
        pair, negative = negatives.nonzero(as_tuple=True)
        return anchor[pair], positive[pair], negative
