"""Euclidean distance as a score, plain and squared."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.similarity.similarity import Similarity


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return ``|a_i - b_j|^2`` for all rows: (..., M, D), (..., N, D) -> (..., M, N), by one matrix product.

    ``|a|^2 - 2 a.b + |b|^2`` loses digits where both vectors are long and near, so both are first centred on the mean of
    ``b``; the result is clamped at 0.
    """
    centre = b.mean(-2, keepdim=True).detach()
    a, b = a - centre, b - centre
    squares = a.square().sum(-1)[..., :, None] + b.square().sum(-1)[..., None, :]
    return (squares - 2 * a @ b.transpose(-1, -2)).clamp(min=0)


def safe_sqrt(squares: Tensor) -> Tensor:
    """Return the square root with gradient 0, not infinity, at 0: two identical items pull on nothing."""
    zero = squares <= 0
    return torch.where(zero, torch.zeros_like(squares), torch.where(zero, torch.ones_like(squares), squares).sqrt())


class SquaredEuclidean(Similarity):
    """``-|a - b|^2``, in (-inf, 0] (prototypical networks, Snell et al. 2017)."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return -(a - b).square().sum(-1)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return -squared_distances(a, b)


class Euclidean(Similarity):
    """``-|a - b|``, in (-inf, 0]; its gradient at distance 0 is 0."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return -safe_sqrt((a - b).square().sum(-1))

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return -safe_sqrt(squared_distances(a, b))
