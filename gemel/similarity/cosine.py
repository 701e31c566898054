"""Cosine similarity."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.similarity.pairwise import pairwise_distances
from gemel.similarity.similarity import Similarity


def unit_length(vectors: Tensor, shortest: float = 1e-6) -> Tensor:
    """Return ``x / |x|`` along the last axis: (..., D) -> (..., D).

    A vector shorter than ``shortest`` has no direction: it becomes 0, and its gradient is 0, not huge.
    """
    length: Tensor = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    return vectors / length.masked_fill(length < shortest, math.inf)


class Cosine(Similarity):
    """``a . b / (|a| |b|)``, in [-1, 1]; its distance is ``1 - cosine``, in [0, 2].

    It is computed as ``1 - |a' - b'|^2 / 2`` with ``x' = x / |x|``, the same number, but exactly 1 for an item with
    itself, where a product of rounded unit vectors gives 0.9999999 or 1.0000001. A zero vector scores 1 with another
    zero vector and 1/2 with everything else.
    """

    highest = 1.0

    def canonical(self, embeddings: Tensor) -> Tensor:
        """Return the embeddings at unit length, so that long ones do not outweigh short ones in a mean."""
        return unit_length(embeddings)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (1 - (unit_length(a) - unit_length(b)).square().sum(-1) / 2).clamp(min=-1)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return (1 - pairwise_distances(unit_length(a), unit_length(b)).square() / 2).clamp(min=-1)
