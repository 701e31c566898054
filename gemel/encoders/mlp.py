"""Layers that are wholly connected."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

from gemel.encoders.encoder import Encoder
from gemel.errors import InputError


class MLP(Encoder):
    """``layers`` times (linear, ReLU) on an item's flattened pixels: (B, channels, H, W) -> (B, dimensions).

    With two layers of 40 units and items of one number, the network that MAML fits sinusoids with (Finn et al. 2017,
    section 5.1), less its last layer, which is the head.

    Args:
        channels: input channels.
        dimensions: units of every layer.
        layers: how many there are.
        size: the items' (height, width); a recipe's ``preprocessing.size`` is taken.

    Raises:
        ValueError: there is no layer.
        InputError: items of another shape come.
    """

    input_size = (28, 28)

    def __init__(
        self, channels: int = 1, dimensions: int = 40, layers: int = 2, size: tuple[int, int] = input_size
    ) -> None:
        super().__init__(channels, dimensions)
        if layers < 1:
            raise ValueError(f"layers is {layers}; it must be 1 or more")
        self.shape = (channels, *size)
        widths = [channels * size[0] * size[1], *[dimensions] * layers]
        parts = [part for i, o in itertools.pairwise(widths) for part in (nn.Linear(i, o), nn.ReLU())]
        self.layers = nn.Sequential(nn.Flatten(), *parts)

    def features(self, items: Tensor) -> Tensor:
        return self(items)[:, :, None, None]

    def forward(self, items: Tensor) -> Tensor:
        if items.shape[1:] != self.shape:
            came, expected = (" x ".join(map(str, shape)) for shape in (items.shape[1:], self.shape))
            raise InputError(f"Items of {came} came to encoder 'mlp' of {expected}; resize them, or build it anew.")
        embeddings: Tensor = self.layers(items)
        return embeddings
