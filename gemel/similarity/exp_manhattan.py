"""The exponential of the negative Manhattan distance."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.similarity.pairwise import pairwise_distances
from gemel.similarity.similarity import Similarity


class ExpManhattan(Similarity):
    """``exp(-|a - b|_1)``, in [0, 1] (Mueller & Thyagarajan 2016, "MaLSTM"); 0 where the distance passes about 100."""

    highest = 1.0

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-(a - b).abs().sum(-1))

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-pairwise_distances(a, b, p=1.0))
