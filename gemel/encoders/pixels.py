"""No network at all: the picture is its own embedding."""

from __future__ import annotations

from torch import Tensor

from gemel.encoders.encoder import Encoder
from gemel.errors import InputError


class Pixels(Encoder):
    """The normalised item itself, flattened: (B, channels, H, W) -> (B, channels * H * W).

    It learns nothing. Under it a similarity compares pictures pixel by pixel (nearest neighbour on pixels, Hausdorff's
    distance), or both at once, as the two channels of one network.

    Args:
        channels: input channels.
        size: the items' (height, width); a recipe's ``preprocessing.size`` is taken.

    Raises:
        InputError: items of another shape come.
    """

    input_size = (28, 28)

    def __init__(self, channels: int = 1, size: tuple[int, int] = input_size) -> None:
        super().__init__(channels, channels * size[0] * size[1])
        self.shape = (channels, *size)

    def features(self, items: Tensor) -> Tensor:
        if items.shape[1:] != self.shape:
            came, expected = (" x ".join(map(str, shape)) for shape in (items.shape[1:], self.shape))
            raise InputError(f"Items of {came} came to encoder 'pixels' of {expected}; resize them, or build it anew.")
        return items

    def forward(self, items: Tensor) -> Tensor:
        return self.features(items).flatten(1)
