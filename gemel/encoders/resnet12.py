"""The twelve-layer residual network of the few-shot papers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from gemel.encoders.encoder import Encoder
from gemel.encoders.pooling import Embedding, Halve

#: The slope of the leaky ReLU below 0.
SLOPE = 0.1


class ResNet12Block(nn.Module):
    """Three ``conv3 -> batch norm`` with leaky ReLUs between, plus a ``conv1 -> batch norm`` of the input; then a leaky
    ReLU, max-pooling by two and dropout: (B, I, H, W) -> (B, O, H // 2, W // 2).
    """

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for maps in (inputs, outputs, outputs):
            layers += [nn.Conv2d(maps, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)]
            layers.append(nn.LeakyReLU(SLOPE, inplace=True))
        self.body = nn.Sequential(*layers[:-1])
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.pool = nn.Sequential(Halve(), nn.Dropout(dropout))

    def forward(self, maps: Tensor) -> Tensor:
        return self.pool(functional.leaky_relu(self.body(maps) + self.shortcut(maps), SLOPE))


class ResNet12(Encoder):
    """Four blocks of three convolutions, then mean pooling (Oreshkin et al. 2018; widths of Lee et al. 2019).

    12.4 M parameters by default; the papers' size is 84x84. Lee et al. flatten the last 5x5 maps instead: ``pool=5``.
    Their DropBlock is left out; ``dropout`` drops single values.

    Args:
        channels: input channels.
        dimensions: D of the embedding, by a linear layer; None for the pooled features as in the papers.
        widths: feature maps of each block.
        pool: cells along each side into which the last maps are averaged.
        dropout: share of each block's values dropped in training, in [0, 1).
    """

    input_size = (84, 84)

    def __init__(
        self,
        channels: int = 1,
        dimensions: int | None = None,
        widths: Sequence[int] = (64, 160, 320, 640),
        pool: int = 1,
        dropout: float = 0.0,
    ) -> None:
        embedding = Embedding(widths[-1], pool, dimensions)
        super().__init__(channels, embedding.dimensions)
        sides = zip((channels, *widths[:-1]), widths, strict=True)
        self.body = nn.Sequential(*(ResNet12Block(inputs, outputs, dropout) for inputs, outputs in sides))
        self.embedding = embedding
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE, mode="fan_out", nonlinearity="leaky_relu")

    def features(self, items: Tensor) -> Tensor:
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))
