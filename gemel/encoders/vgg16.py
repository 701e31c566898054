"""VGG with sixteen layers."""

from __future__ import annotations

from torch import Tensor, nn

from gemel.encoders.encoder import Encoder
from gemel.encoders.pooling import Embedding, Halve

#: Feature maps of the convolutions between one max-pooling and the next (configuration D).
STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VGG16(Encoder):
    """Thirteen 3x3 convolutions in five stages, a max-pooling after each (Simonyan & Zisserman 2015, configuration D).

    By default the last maps are averaged and one linear layer follows: 15 M parameters. The paper's two fully connected
    layers (124 M parameters more) are there with ``pool=7, hidden=4096, batch_norm=False``; its size is 224x224.

    Args:
        channels: input channels.
        dimensions: D of the embedding.
        width: multiplies the feature maps of every convolution; 0.25 trains on a CPU.
        batch_norm: normalise before each ReLU, which the paper does not.
        pool: cells along each side into which the last maps are averaged.
        hidden: units of the two fully connected layers before the last; 0 for none.
        dropout: share of those units dropped in training.

    Raises:
        ValueError: ``width`` leaves a stage without a feature map.
    """

    input_size = (224, 224)

    def __init__(
        self,
        channels: int = 1,
        dimensions: int = 512,
        width: float = 1.0,
        batch_norm: bool = True,
        pool: int = 1,
        hidden: int = 0,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(channels, dimensions)
        if round(width * STAGES[0][0]) < 1:
            raise ValueError(f"width is {width}; it must be at least {1 / STAGES[0][0]}")
        layers: list[nn.Module] = []
        inputs = channels
        for stage in STAGES:
            for maps in stage:
                outputs = round(width * maps)
                layers += self.convolution(inputs, outputs, batch_norm)
                inputs = outputs
            layers.append(Halve())
        self.body = nn.Sequential(*layers)
        self.embedding = nn.Sequential(Embedding(inputs, pool, hidden or dimensions))
        if hidden:
            self.embedding.extend([nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, hidden)])
            self.embedding.extend([nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, dimensions)])

    @staticmethod
    def convolution(inputs: int, outputs: int, batch_norm: bool) -> list[nn.Module]:
        """Return one layer, its weights drawn as He et al. 2015 advise: (B, inputs, H, W) -> (B, outputs, H, W)."""
        convolution = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=not batch_norm)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        return [convolution, *([nn.BatchNorm2d(outputs)] if batch_norm else []), nn.ReLU(inplace=True)]

    def features(self, items: Tensor) -> Tensor:
        return self.body(items)

    def forward(self, items: Tensor) -> Tensor:
        return self.embedding(self.features(items))
