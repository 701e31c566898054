"""The comparison of a pseudo-siamese network: one branch's view of an item with the other branch's of the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gemel.registry import build, part_of
from gemel.similarity.pairwise import identical_rows, pairwise_distances
from gemel.similarity.similarity import Similarity


class Crossed(Similarity):
    """``(s(f(a), g(b)) + s(g(a), f(b))) / 2`` of embeddings ``[f(x), g(x)]``, for another similarity s.

    f and g are the branches of encoder ``twin``. Their views of one item differ, so that s of the two is not highest by
    itself: two embeddings that agree to the bit score ``highest`` by decree. The pseudo-siamese network of Zagoruyko &
    Komodakis 2015 keeps the order of the pair: ``directed``.

    Args:
        dimensions: D of the embeddings; even.
        inner: s, by name, or by name and options.

    Raises:
        ValueError: D is odd.
        RecipeError: the name or an option of s is unknown.
    """

    def __init__(self, dimensions: int, inner: str | Mapping[str, Any] = "euclidean") -> None:
        from gemel.similarity import SIMILARITIES  # which lists this class

        super().__init__()
        if dimensions % 2:
            raise ValueError(f"the embeddings have {dimensions} dimensions, no two halves; set encoder to twin")
        part = part_of("similarity.inner", inner)
        self.inner = build("similarity.inner", SIMILARITIES, part, dimensions=dimensions // 2)

    @property
    def highest(self) -> float | Tensor:
        return self.inner.highest

    def canonical(self, embeddings: Tensor) -> Tensor:
        """Return each half in the canonical form of s."""
        return torch.cat([self.inner.canonical(half) for half in embeddings.chunk(2, -1)], -1)

    def directed(self, a: Tensor, b: Tensor) -> Tensor:
        """Return ``s(f(a), g(b))``, for pairs whose order says which branch sees which: (..., D) twice -> (...)."""
        return self.inner(a.chunk(2, -1)[0], b.chunk(2, -1)[1])

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        score = (self.directed(a, b) + self.directed(b, a)) / 2
        return torch.where(identical_rows(a, b), self.highest, score)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        (f_a, g_a), (f_b, g_b) = a.chunk(2, -1), b.chunk(2, -1)
        score = (self.inner.matrix(f_a, g_b) + self.inner.matrix(g_a, f_b)) / 2
        return torch.where(pairwise_distances(a, b, p=math.inf) == 0, self.highest, score)
