"""All pairs of two sets of rows, and their distances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


def pairwise_distances(a: Tensor, b: Tensor, p: float = 2.0) -> Tensor:
    """Return ``(sum_d |a_id - b_jd|^p)^(1/p)`` for all rows: (..., M, D), (..., N, D) -> (..., M, N).

    It sums differences. ``|a|^2 - 2 a.b + |b|^2`` by a matrix product is several times faster, but leaves two equal
    rows at a distance of ``|a| * 3e-4`` or so: an item could then be nearer to another than to itself. Here equal rows
    are at exactly 0, with gradient 0; (i, j) and (j, i) agree to the bit; and autocast does not lower the precision.
    """
    return torch.cdist(a, b, p=p, compute_mode="donot_use_mm_for_euclid_dist")


class PairedRows(NamedTuple):
    """Pairs of rows: the k-th one is ``a[i[k]]`` with ``b[j[k]]``; their scores have ``shape``."""

    a: Tensor
    b: Tensor
    i: Tensor
    j: Tensor
    shape: torch.Size


def paired_rows(a: Tensor, b: Tensor) -> PairedRows:
    """Return the pairs of two tensors whose leading axes broadcast, each row of either once: (..., D), (..., D).

    For what is dear to do to a row, or too large to be done to all pairs at once.
    """
    shape = torch.Size(np.broadcast_shapes(a.shape[:-1], b.shape[:-1]))
    i, j = (torch.arange(x[..., 0].numel(), device=x.device).view(x.shape[:-1]).expand(shape).flatten() for x in (a, b))
    return PairedRows(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), i, j, shape)


def identical_rows(a: Tensor, b: Tensor) -> Tensor:
    """Return which rows agree to the bit: (..., D), (..., D) -> bool (...)."""
    return (a == b).all(-1)
