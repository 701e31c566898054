"""Items -> embeddings."""

from gemel.encoders.conv4 import Conv4
from gemel.encoders.efficientnet_lite0 import EfficientNetLite0
from gemel.encoders.encoder import Encoder, Expected
from gemel.encoders.koch import Koch
from gemel.encoders.mlp import MLP
from gemel.encoders.orientations import Orientations
from gemel.encoders.pixels import Pixels
from gemel.encoders.pretrained import Pretrained
from gemel.encoders.residual import Residual
from gemel.encoders.resnet12 import ResNet12
from gemel.encoders.twin import Twin
from gemel.encoders.vgg16 import VGG16
from gemel.encoders.zagoruyko import Zagoruyko

ENCODERS: dict[str, type[Encoder]] = {
    "residual": Residual,
    "conv4": Conv4,
    "koch": Koch,
    "vgg16": VGG16,
    "resnet12": ResNet12,
    "zagoruyko": Zagoruyko,
    "mlp": MLP,
    "pixels": Pixels,
    "orientations": Orientations,
    "twin": Twin,
    "efficientnet_lite0": EfficientNetLite0,
    "pretrained": Pretrained,
}

__all__ = [
    "ENCODERS",
    "MLP",
    "VGG16",
    "Conv4",
    "EfficientNetLite0",
    "Encoder",
    "Expected",
    "Koch",
    "Orientations",
    "Pixels",
    "Pretrained",
    "ResNet12",
    "Residual",
    "Twin",
    "Zagoruyko",
]
