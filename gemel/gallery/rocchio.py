"""More like these, less like those."""

from __future__ import annotations

import torch
from torch import Tensor

#: How much the liked and the disliked count beside what was asked for first (Manning, Raghavan & Schütze 2008, §9.1).
LIKED, DISLIKED = 0.75, 0.15


def rocchio(item: Tensor | None, like: Tensor, unlike: Tensor) -> Tensor:
    """Return what to search for: ``item + 0.75 mean(like) - 0.15 mean(unlike)`` (Rocchio 1971).

    Args:
        item: (D,) or None.
        like, unlike: (n, D), (m, D) embeddings; none of either counts as 0.

    Returns:
        (D,).
    """
    parts = [torch.zeros(like.shape[-1]) if item is None else item]
    if len(like):
        parts.append(LIKED * like.mean(0))
    if len(unlike):
        parts.append(-DISLIKED * unlike.mean(0))
    return torch.stack(parts).sum(0)
