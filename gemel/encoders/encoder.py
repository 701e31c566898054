"""What every encoder promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from gemel.encoders.text_tower import TextTower
from gemel.errors import ModelError


@dataclass(frozen=True)
class Expected:
    """The items that an encoder expects: (height, width), and per colour channel the mean and deviation of pixels.

    Without mean and deviation, those of the training classes are taken.
    """

    size: tuple[int, int]
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


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

    @classmethod
    def complete(cls, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a recipe's options with what lies outside the recipe written in; as they are by default."""
        return options

    @classmethod
    def expected(cls, options: Mapping[str, Any]) -> Expected:
        """Return the items that the encoder of these options expects."""
        return Expected(cls.input_size)

    def text_tower(self) -> TextTower:
        """Return what embeds texts so that they compare with items.

        Raises:
            ModelError: it knows no texts.
        """
        raise ModelError(
            "The model's encoder knows no class names: that takes a model of an image and a text tower, such as CLIP. "
            "Train with encoder='{name: pretrained, model: openai/clip-vit-base-patch32, pooling: shared}'."
        )

    @abstractmethod
    def features(self, items: Tensor) -> Tensor:
        """Return the last feature maps: (B, channels, H, W) -> (B, F, h, w)."""

    @abstractmethod
    def forward(self, items: Tensor) -> Tensor:
        """Return the embeddings: (B, channels, H, W) -> (B, dimensions)."""
