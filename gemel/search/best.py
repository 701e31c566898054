"""The best of many scores, in one order whatever the ties."""

from __future__ import annotations

import torch
from torch import Tensor


def best(scores: Tensor, ids: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k highest scores with their numbers, higher score first, then lower number: (Q, k), (Q, k).

    ``topk`` alone leaves open which of equal scores it takes.

    Args:
        scores: (Q, C), C >= k.
        ids: (Q, C) or (C,), distinct within a row.
        k: at least 1.
    """
    ids = ids.expand_as(scores)
    least = scores.topk(k).values[:, -1:]  # (Q, 1): all above it are taken, and of those at it the lowest numbers
    rank = torch.where(scores > least, 1, -ids).masked_fill(scores < least, torch.iinfo(torch.int64).min)
    chosen = rank.topk(k).indices
    return ordered(scores.gather(1, chosen), ids.gather(1, chosen))


def ordered(scores: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Return both sorted along their last axis: higher score first, then lower number."""
    by_id = ids.argsort(-1)
    scores, order = torch.sort(scores.gather(-1, by_id), dim=-1, descending=True, stable=True)
    return scores, ids.gather(-1, by_id).gather(-1, order)
