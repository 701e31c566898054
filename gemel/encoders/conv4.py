"""The four-layer network of most few-shot papers."""

from __future__ import annotations

from torch import Tensor, nn

from gemel.encoders.encoder import Encoder
from gemel.encoders.pooling import Embedding, Halve

LAYERS = 4


class Conv4(Encoder):
    """Four times ``conv3 -> batch norm -> ReLU -> max-pool 2``, flattened (Vinyals et al. 2016, Snell et al. 2017).

    The papers flatten the last maps, so that the embedding grows with the picture: 64 numbers at 28x28, 1600 at 84x84.
    Here the last maps are averaged to ``pool`` x ``pool`` first, so that one network takes any size; where they are
    that size already, this changes nothing: ``pool=1`` is the papers' network at 28x28, ``pool=5`` at 84x84.

    Relation networks keep larger maps, and pool in the first two layers alone: ``halvings=2, pool=7`` at 28x28.

    112 k parameters with the defaults.

    Args:
        channels: input channels.
        dimensions: D of the embedding, by a linear layer; None for the pooled features as in the papers.
        filters: feature maps of every layer (32 in some papers on miniImageNet).
        pool: cells along each side into which the last maps are averaged.
        halvings: how many of the layers, from the first, end in max-pooling.

    Raises:
        ValueError: ``pool`` or ``halvings`` is out of range.
    """

    input_size = (28, 28)

    def __init__(
        self, channels: int = 1, dimensions: int | None = None, filters: int = 64, pool: int = 1, halvings: int = LAYERS
    ) -> None:
        embedding = Embedding(filters, pool, dimensions)
        super().__init__(channels, embedding.dimensions)
        if not 0 <= halvings <= LAYERS:
            raise ValueError(f"halvings is {halvings}; it must be 0 to {LAYERS}")
        inputs = (channels, filters, filters, filters)
        self.body = nn.Sequential(*(self.block(maps, filters, layer < halvings) for layer, maps in enumerate(inputs)))
        self.embedding = embedding

    @staticmethod
    def block(inputs: int, outputs: int, halve: bool) -> nn.Sequential:
        """Return one layer: (B, inputs, H, W) -> (B, outputs, H, W), or half the size.

        The ReLU comes after the pooling: the highest of four rises with each, so that both orders give the same, and
        here it meets a quarter of the numbers.
        """
        layers = (nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        return nn.Sequential(*layers, *([Halve()] if halve else []), nn.ReLU(inplace=True))

    def features(self, items: Tensor) -> Tensor:
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))
