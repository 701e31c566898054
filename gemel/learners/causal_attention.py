"""Attention over what came before."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def seen(places: int, steps: int, device: torch.device) -> Tensor:
    """Return which row sees which: itself and the earlier: (T, T). Rows from ``steps`` on do not see each other."""
    times = torch.arange(places, device=device).clamp(max=steps)
    return (times[:, None] > times) | torch.eye(places, dtype=torch.bool, device=device)


class CausalAttention(nn.Module):
    """``[x_t, sum_s a_ts v(x_s)]`` over s <= t, ``a_ts = softmax_s(q(x_t) . k(x_s) / sqrt(K))``; q, k, v linear.

    Mishra et al. 2018, section 3, after Vaswani et al. 2017.

    Args:
        channels: C of x.
        keys: K, the length of keys and queries.
        values: V, that of the values.

    Attributes:
        channels: of what comes out, C + V.
    """

    def __init__(self, channels: int, keys: int, values: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(channels, keys), nn.Linear(channels, keys)
        self.value = nn.Linear(channels, values)
        self.channels = channels + values

    def forward(self, rows: Tensor, steps: int) -> Tensor:
        """Return the rows grown: (..., T, C) -> (..., T, channels). The rows from place ``steps`` on all come next."""
        mask = seen(rows.shape[-2], steps, rows.device)
        read = functional.scaled_dot_product_attention(self.query(rows), self.key(rows), self.value(rows), mask)
        return torch.cat([rows, read], -1)
