"""What every encoder promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module, ABC):
    """Items -> embeddings: (B, channels, H, W) floats around 0 -> (B, dimensions), for any H, W >= 8.

    Attributes:
        channels: input channels, 1 (grey) or 3 (colour).
        dimensions: D of the embedding.
        input_size: the (height, width) that its paper uses, taken where a recipe names none.
    """

    input_size: tuple[int, int] = (32, 32)

    def __init__(self, channels: int, dimensions: int) -> None:
        super().__init__()
        if dimensions < 1:
            raise ValueError(f"dimensions is {dimensions}; it must be 1 or more")
        self.channels = channels
        self.dimensions = dimensions

    @abstractmethod
    def features(self, items: Tensor) -> Tensor:
        """Return the last feature maps: (B, channels, H, W) -> (B, F, h, w)."""

    @abstractmethod
    def forward(self, items: Tensor) -> Tensor:
        """Return the embeddings: (B, channels, H, W) -> (B, dimensions)."""
