"""Euclidean distance as a score, plain and squared."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.similarity.pairwise import pairwise_distances
from gemel.similarity.similarity import Similarity


class SquaredEuclidean(Similarity):
    """``-|a - b|^2``, in (-inf, 0] (prototypical networks, Snell et al. 2017)."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return -(a - b).square().sum(-1)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return -pairwise_distances(a, b).square()


class Euclidean(Similarity):
    """``-|a - b|``, in (-inf, 0]; its gradient at distance 0 is 0: two identical items pull on nothing."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        distance: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
        return -distance

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return -pairwise_distances(a, b)
