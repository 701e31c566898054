"""The nearest references, by looking at every one."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.similarity import Similarity


def nearest(similarity: Similarity, queries: Tensor, ids: Tensor, vectors: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return each query's best: higher score first, then lower number."""
    scores, numbers = [], []
    for row in similarity.matrix(queries, vectors).tolist():
        ranked = sorted(zip([-score for score in row], ids.tolist(), strict=True))[:k]
        scores.append([-score for score, _ in ranked])
        numbers.append([number for _, number in ranked])
    width = min(k, len(ids))
    return torch.tensor(scores).view(len(queries), width), torch.tensor(numbers).long().view(len(queries), width)
