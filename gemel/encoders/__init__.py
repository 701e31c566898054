"""Items -> embeddings."""

from gemel.encoders.encoder import Encoder
from gemel.encoders.residual import Residual

ENCODERS: dict[str, type[Encoder]] = {
    "residual": Residual,
}

__all__ = ["ENCODERS", "Encoder", "Residual"]
