"""The convolutional twin of Koch et al. 2015."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from gemel.encoders.encoder import Encoder
from gemel.encoders.pooling import Embedding

#: Sides of the four kernels, and of the last maps of a 105x105 picture.
KERNELS = (10, 7, 4, 4)
LAST = 6


class Koch(Encoder):
    """Koch et al. 2015, figure 4, up to the sigmoid: four unpadded convolutions, then a linear layer to 4096 units.

    ``conv10 -> ReLU -> max-pool -> conv7 -> ReLU -> max-pool -> conv4 -> ReLU -> max-pool -> conv4 -> ReLU -> linear``.
    The sigmoid that follows in the paper belongs to ``WeightedL1(activation=True)``; other similarities go without.

    The paper's size is 105x105. A side below it is enlarged to 105 (bilinear), for the kernels do not fit a small
    picture; a larger picture's last maps are averaged to 6x6. 39 M parameters by default, all but 1.2 M of them in the
    linear layer.

    Weights start as in the paper (section 3.2): normal, of mean 0 and deviation 0.01, in the linear layer 0.2; biases
    of mean 0.5 and deviation 0.01. With ``batch_norm`` they start as torch's layers do: the features are then larger,
    and a linear layer of the paper's deviation would saturate the sigmoid.

    Args:
        channels: input channels.
        dimensions: D of the embedding.
        widths: feature maps of the four convolutions.
        batch_norm: normalise before each ReLU; not in the paper, learns faster.

    Raises:
        ValueError: ``widths`` are not four.
    """

    input_size = (105, 105)

    def __init__(
        self,
        channels: int = 1,
        dimensions: int = 4096,
        widths: Sequence[int] = (64, 128, 128, 256),
        batch_norm: bool = False,
    ) -> None:
        super().__init__(channels, dimensions)
        if len(widths) != len(KERNELS):
            raise ValueError(f"widths has {len(widths)} entries; it must have {len(KERNELS)}")
        layers: list[nn.Module] = []
        for inputs, outputs, kernel in zip((channels, *widths[:-1]), widths, KERNELS, strict=True):
            layers.append(nn.Conv2d(inputs, outputs, kernel, bias=not batch_norm))
            layers += [nn.BatchNorm2d(outputs)] if batch_norm else []
            layers += [nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        self.body = nn.Sequential(*layers[:-1])
        self.embedding = Embedding(widths[-1], LAST, dimensions)
        if not batch_norm:
            self.start_as_published()

    def start_as_published(self) -> None:
        """Draw the parameters as the paper does."""
        for name, parameter in self.named_parameters():
            mean, deviation = (0.5, 0.01) if name.endswith("bias") else (0.0, 0.2 if "linear" in name else 0.01)
            nn.init.normal_(parameter, mean, deviation)

    def features(self, items: Tensor) -> Tensor:
        height, width = (max(pixels, least) for pixels, least in zip(items.shape[-2:], self.input_size, strict=True))
        if (height, width) != items.shape[-2:]:
            items = functional.interpolate(items, size=(height, width), mode="bilinear", align_corners=False)
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))
