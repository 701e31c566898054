"""The network that adapts: an encoder, and a linear head with one row a class."""

from __future__ import annotations

from torch import Tensor, nn

from gemel.encoders import Encoder


class Network(nn.Module):
    """``W f(x) + b``: (B, C, H, W) -> (B, N) logits.

    Args:
        encoder: f.
        ways: N.
    """

    def __init__(self, encoder: Encoder, ways: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dimensions, ways)

    def forward(self, items: Tensor, part: str = "") -> Tensor:
        """Return the logits of items; of a ``part``: the ``encoder``'s features, or the ``head``'s logits of such."""
        features = items if part == "head" else self.encoder(items)
        return features if part == "encoder" else self.head(features)
