"""All distances between two sets of rows."""

from __future__ import annotations

import torch
from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor, p: float = 2.0) -> Tensor:
    """Return ``(sum_d |a_id - b_jd|^p)^(1/p)`` for all rows: (..., M, D), (..., N, D) -> (..., M, N).

    It sums differences. ``|a|^2 - 2 a.b + |b|^2`` by a matrix product is several times faster, but leaves two equal
    rows at a distance of ``|a| * 3e-4`` or so: an item could then be nearer to another than to itself. Here equal rows
    are at exactly 0, with gradient 0; (i, j) and (j, i) agree to the bit; and autocast does not lower the precision.
    """
    return torch.cdist(a, b, p=p, compute_mode="donot_use_mm_for_euclid_dist")
