"""Koch's learned similarity: a weighted L1 distance before a sigmoid."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.similarity.pairwise import pairwise_distances
from gemel.similarity.similarity import Similarity


def logistic(values: Tensor) -> Tensor:
    """Return ``1 / (1 + exp(-x))`` as ``(1 + tanh(x / 2)) / 2``.

    ``torch.sigmoid`` rounds the last few numbers of a tensor otherwise than the rest (on the CPU), so that one
    embedding at two places of a batch would be at a distance from itself.
    """
    return (1 + torch.tanh(values / 2)) / 2


class WeightedL1(Similarity):
    """The logit ``bias - sum_j w_j |a_j - b_j|`` of Koch et al. 2015's ``sigmoid(sum_j alpha_j |h1_j - h2_j|)``.

    The score is the logit, in (-inf, bias]; ``sigmoid(score)`` is the paper's output, and saturates where the logit
    still ranks. With ``activation=True`` the embeddings pass a sigmoid first, as in the paper. Here ``w`` is the
    softplus of ``raw``, positive, where the paper leaves its sign free: an item is then always most similar to itself.

    Args:
        dimensions: D of the embeddings.
        activation: apply a sigmoid to both embeddings (the paper does).
    """

    def __init__(self, dimensions: int, activation: bool = True) -> None:
        super().__init__()
        self.activation = activation
        self.raw = nn.Parameter(torch.zeros(dimensions))
        self.bias = nn.Parameter(torch.tensor(2.0))

    @property
    def highest(self) -> Tensor:
        """The learned bias: ``score(x, x)``."""
        return self.bias

    def weights(self) -> Tensor:
        """Return the D positive weights, scaled so that their sum is D**0.5 * 2 ln 2 at the start."""
        return functional.softplus(self.raw) * 2 / math.sqrt(len(self.raw))

    def prepared(self, embeddings: Tensor) -> Tensor:
        return logistic(embeddings) if self.activation else embeddings

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.bias - ((self.prepared(a) - self.prepared(b)).abs() * self.weights()).sum(-1)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        weights = self.weights()
        return self.bias - pairwise_distances(self.prepared(a) * weights, self.prepared(b) * weights, p=1.0)
