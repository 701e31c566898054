"""The branch of Zagoruyko & Komodakis's siamese networks of patches."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from gemel.encoders.encoder import Encoder
from gemel.encoders.pooling import Embedding
from gemel.similarity.two_channel import SIDE, one_stream, start


class Zagoruyko(Encoder):
    """Zagoruyko & Komodakis 2015, figure 2: the convolutions of their two-channel network, of one picture.

    ``conv7 (stride 3) -> ReLU -> max-pool -> conv5 -> ReLU -> max-pool -> conv3 -> ReLU``, of 96, 192 and 256 maps,
    which a patch of 64x64 leaves as 1x1: the embedding. No padding and no batch norm. A side below 64 is enlarged to 64
    (bilinear); a larger picture's last maps are averaged. With ``dimensions``, a linear layer follows. 0.9 M numbers.

    Args:
        channels: input channels.
        dimensions: D of the embedding; by default the last maps'.
        width: multiplies the feature maps of every layer.

    Raises:
        ValueError: ``width`` leaves a layer without a feature map.
    """

    input_size = (SIDE, SIDE)

    def __init__(self, channels: int = 1, dimensions: int | None = None, width: float = 1.0) -> None:
        maps = round(width * 256)
        super().__init__(channels, dimensions or maps)
        if round(width * 96) < 1:
            raise ValueError(f"width is {width}; it must be at least {1 / 96:.4f}")
        self.body = nn.Sequential(*list(one_stream(channels, width))[:-2])  # without the average of the last maps
        self.embedding = Embedding(maps, 1, dimensions)
        start(self.body)

    def features(self, items: Tensor) -> Tensor:
        size = [max(side, SIDE) for side in items.shape[-2:]]
        if size != list(items.shape[-2:]):
            items = functional.interpolate(items, size=size, mode="bilinear", align_corners=False)
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))
