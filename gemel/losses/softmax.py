"""Softmax cross-entropy."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from gemel.losses.loss import ClassLoss


class Softmax(ClassLoss):
    """Cross-entropy of a linear layer's logits, mean over the batch: what a plain classifier trains on.

    Args:
        dimensions: D of the embeddings.
        classes: training classes.
    """

    def __init__(self, dimensions: int, classes: int) -> None:
        super().__init__()
        self.head = nn.Linear(dimensions, classes)

    def mean_loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(self.head(embeddings), labels)
