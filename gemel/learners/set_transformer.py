"""Self-attention over a set of embeddings."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class SetTransformer(nn.Module):
    """``norm(X + drop(softmax(X Q (X K)^T / sqrt(D)) X V O))``: (..., M, D) -> (..., M, D), whatever the order of rows.

    One head with residual connection and layer norm, as in Ye et al. 2020, after Vaswani et al. 2017. O starts at 0,
    where the paper draws it: at first every row is left where it is, but for the norm.

    Args:
        dimensions: D.
        dropout: share of what attention adds that is dropped in training.
    """

    def __init__(self, dimensions: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(dimensions, dimensions, bias=False) for _ in range(3))
        self.output = nn.Linear(dimensions, dimensions)
        self.norm = nn.LayerNorm(dimensions)
        self.dropout = nn.Dropout(dropout)
        for layer in (self.query, self.key, self.value):
            nn.init.normal_(layer.weight, std=math.sqrt(1 / dimensions))
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, rows: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return the rows, each with what it takes from those that it sees: all, or where ``seen`` (M, M) is true."""
        likeness = self.query(rows) @ self.key(rows).mT / math.sqrt(rows.shape[-1])  # (..., M, M)
        if seen is not None:
            likeness = likeness.masked_fill(~seen, -math.inf)
        taken = torch.softmax(likeness, -1) @ self.value(rows)
        return self.norm(rows + self.dropout(self.output(taken)))
