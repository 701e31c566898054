"""Maps of any size -> smaller maps, and embeddings of one size."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Halve(nn.Module):
    """Max-pooling by two; an axis that is down to one stays: (B, F, H, W) -> (B, F, max(H // 2, 1), max(W // 2, 1))."""

    def forward(self, maps: Tensor) -> Tensor:
        return functional.max_pool2d(maps, self.window(maps))

    def window(self, maps: Tensor) -> tuple[int, int]:
        """Return how many rows and columns of maps become one."""
        return min(2, maps.shape[-2]), min(2, maps.shape[-1])


class Embedding(nn.Module):
    """Maps -> means over ``pool`` x ``pool`` cells -> flattened -> a linear layer: (B, F, H, W) -> (B, dimensions).

    Where the maps are ``pool`` x ``pool``, flattening is all that happens. With ``dimensions=None`` there is no linear
    layer, and the embedding is the F * pool**2 pooled features.

    Raises:
        ValueError: ``pool`` is below 1.
    """

    def __init__(self, maps: int, pool: int, dimensions: int | None) -> None:
        super().__init__()
        if pool < 1:
            raise ValueError(f"pool is {pool}; it must be at least 1")
        features = maps * pool**2
        self.pool = pool
        self.dimensions = features if dimensions is None else dimensions
        self.linear = nn.Identity() if dimensions is None else nn.Linear(features, dimensions)

    def forward(self, maps: Tensor) -> Tensor:
        if maps.shape[-2:] != (
            self.pool,
            self.pool,
        ):  # means of one number each would cost a copy, and its gradient more
            maps = functional.adaptive_avg_pool2d(maps, self.pool)
        return self.linear(maps.flatten(1))
