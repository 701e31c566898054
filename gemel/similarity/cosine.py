"""Cosine similarity."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from gemel.similarity.similarity import Similarity


class Cosine(Similarity):
    """``a . b / (|a| |b|)``, in [-1, 1]; a zero vector scores 0 with everything.

    Its distance is ``1 - cosine``, in [0, 2].
    """

    highest = 1.0

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (functional.normalize(a, dim=-1) * functional.normalize(b, dim=-1)).sum(-1).clamp(-1, 1)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        return (functional.normalize(a, dim=-1) @ functional.normalize(b, dim=-1).transpose(-1, -2)).clamp(-1, 1)
