"""A small fast residual network: the default on a CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gemel.encoders.encoder import Encoder


class ResidualBlock(nn.Module):
    """``relu(x' + bn(conv3(relu(bn(conv3(x))))))``, the first of stride 2: (B, I, H, W) -> (B, O, H/2, W/2)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 2) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, maps: Tensor) -> Tensor:
        return torch.relu(self.body(maps) + self.shortcut(maps))


class Residual(Encoder):
    """A stem and one residual block a width, each halving the map, then pooling and a linear layer.

    1.3 M parameters by default (5 MB; He et al. 2016 for the block).

    Args:
        channels: input channels.
        dimensions: D of the embedding.
        widths: feature maps of each block; the first also of the stem.
        stem_stride: 2 halves the picture at once: four times the pixels for the same time.
        dropout: share of pooled features dropped in training, in [0, 1).
        pool: the last maps are averaged over ``pool`` x ``pool`` areas: 1 forgets where in the picture something is, 4
            keeps it, which drawn characters want.
        norm: batch norm of the embedding (Deng et al. 2019), which centres it for a cosine.
    """

    def __init__(
        self,
        channels: int = 1,
        dimensions: int = 128,
        widths: Sequence[int] = (32, 64, 128, 256),
        stem_stride: int = 1,
        dropout: float = 0.0,
        pool: int = 1,
        norm: bool = False,
    ) -> None:
        super().__init__(channels, dimensions)
        if not widths or min(widths) < 1:
            raise ValueError(f"widths is {widths}; it must be one whole number or more, each 1 or more")
        if stem_stride < 1:
            raise ValueError(f"stem_stride is {stem_stride}; it must be 1 or more")
        if pool < 1:
            raise ValueError(f"pool is {pool}; it must be 1 or more")
        stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, stem_stride, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        blocks = [ResidualBlock(i, o) for i, o in zip((widths[0], *widths[:-1]), widths, strict=True)]
        self.body = nn.Sequential(stem, *blocks)
        self.pool = nn.AdaptiveAvgPool2d(pool)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1] * pool**2, dimensions)
        self.norm = nn.BatchNorm1d(dimensions) if norm else nn.Identity()

    def features(self, items: Tensor) -> Tensor:
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        pooled = self.pool(self.features(items)).flatten(1)  # (B, F * pool^2)
        return self.norm(self.head(self.dropout(pooled)))
