"""Nearest neighbour instead of class means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gemel.registry import build, part_of
from gemel.similarity.class_scorer import nearest_items
from gemel.similarity.similarity import Similarity


class Nearest(Similarity):
    """Another similarity, by which a class of several items scores as the nearest of them, not as their mean.

    Args:
        dimensions: D of the embeddings.
        inner: the similarity, by name, or by name and options.

    Raises:
        RecipeError: its name or an option is unknown.
    """

    def __init__(self, dimensions: int, inner: str | Mapping[str, Any] = "euclidean") -> None:
        from gemel.similarity import SIMILARITIES  # which lists this class

        super().__init__()
        part = part_of("similarity.inner", inner)
        self.inner = build("similarity.inner", SIMILARITIES, part, dimensions=dimensions)

    @property
    def highest(self) -> float | Tensor:
        return self.inner.highest

    def canonical(self, embeddings: Tensor) -> Tensor:
        return self.inner.canonical(embeddings)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.inner(a, b)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return self.inner.matrix(a, b)

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the score of each query with the nearest item of each class; see ``ClassScorer``."""
        return nearest_items(self.matrix(query, support), labels, classes)
