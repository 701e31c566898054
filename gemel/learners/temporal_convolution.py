"""Dilated causal convolutions over a sequence of embeddings."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class DenseBlock(nn.Module):
    """``[x_t, tanh(f_t) sigmoid(g_t)]``, ``f_t, g_t = V x_(t-d) + W x_t + b``: a gated convolution two taps wide.

    Mishra et al. 2018, section 3. Before the sequence begins, x is 0.

    Args:
        channels: C of x.
        filters: F, of what is added.
        dilation: d.
    """

    def __init__(self, channels: int, filters: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.earlier = nn.Linear(channels, 2 * filters, bias=False)
        self.now = nn.Linear(channels, 2 * filters)

    def forward(self, rows: Tensor, steps: int) -> Tensor:
        """Return the rows grown: (..., T, C) -> (..., T, C + F). The rows from place ``steps`` on all come next."""
        times = torch.arange(rows.shape[-2], device=rows.device).clamp(max=steps)
        earlier = functional.pad(self.earlier(rows[..., :steps, :]), (0, 0, self.dilation, 0))  # row t is of t - d
        filtered, gate = (self.now(rows) + earlier[..., times, :]).chunk(2, -1)
        return torch.cat([rows, torch.tanh(filtered) * torch.sigmoid(gate)], -1)


class TemporalConvolution(nn.Module):
    """Dense blocks of dilation 1, 2, 4, ... that together see ``length`` steps: ``ceil(log2 length)`` of them.

    Mishra et al. 2018, section 3. Each adds F channels to what it is given.

    Args:
        channels: C of the rows.
        length: of the sequences.
        filters: F.

    Attributes:
        channels: of what comes out.
    """

    def __init__(self, channels: int, length: int, filters: int) -> None:
        super().__init__()
        count = math.ceil(math.log2(length))
        self.blocks = nn.ModuleList(DenseBlock(channels + i * filters, filters, 2**i) for i in range(count))
        self.channels = channels + count * filters

    def forward(self, rows: Tensor, steps: int) -> Tensor:
        """Return the rows grown: (..., T, C) -> (..., T, channels). The rows from place ``steps`` on all come next."""
        for block in self.blocks:
            rows = block(rows, steps)
        return rows
