"""The four-layer network of most few-shot papers."""

from __future__ import annotations

from torch import Tensor, nn

from gemel.encoders.encoder import Encoder
from gemel.encoders.pooling import Embedding, Halve


class Conv4(Encoder):
    """Four times ``conv3 -> batch norm -> ReLU -> max-pool 2``, flattened (Vinyals et al. 2016, Snell et al. 2017).

    The papers flatten the last maps, so that the embedding grows with the picture: 64 numbers at 28x28, 1600 at 84x84.
    Here the last maps are averaged to ``pool`` x ``pool`` first, so that one network takes any size; where they are
    that size already, this changes nothing: ``pool=1`` is the papers' network at 28x28, ``pool=5`` at 84x84.

    112 k parameters with the defaults.

    Args:
        channels: input channels.
        dimensions: D of the embedding, by a linear layer; None for the pooled features as in the papers.
        filters: feature maps of every layer (32 in some papers on miniImageNet).
        pool: cells along each side into which the last maps are averaged.
    """

    input_size = (28, 28)

    def __init__(self, channels: int = 1, dimensions: int | None = None, filters: int = 64, pool: int = 1) -> None:
        embedding = Embedding(filters, pool, dimensions)
        super().__init__(channels, embedding.dimensions)
        self.body = nn.Sequential(*(self.block(inputs, filters) for inputs in (channels, filters, filters, filters)))
        self.embedding = embedding

    @staticmethod
    def block(inputs: int, outputs: int) -> nn.Sequential:
        """Return one layer: (B, inputs, H, W) -> (B, outputs, H // 2, W // 2)."""
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), Halve()
        )

    def features(self, items: Tensor) -> Tensor:
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))
