"""Center loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.losses.loss import ClassLoss


def center_distance(embeddings: Tensor, labels: Tensor, centers: Tensor) -> Tensor:
    """Return the mean of ``|x_i - c_{y_i}|^2 / 2``: (B, D), (B,), (classes, D) -> ()."""
    return (embeddings - centers[labels]).square().sum(-1).mean() / 2


def moved_centers(embeddings: Tensor, labels: Tensor, centers: Tensor, alpha: float) -> Tensor:
    """Return the centers after one batch, ``c_j - alpha * delta_j``: (B, D), (B,), (classes, D) -> (classes, D).

    ``delta_j = sum_{y_i = j} (c_j - x_i) / (1 + n_j)`` with n_j the items of class j in the batch (the paper's eq. 4);
    a class that is not in the batch stays. One matrix product sums every class in a fixed order.
    """
    members = functional.one_hot(labels, len(centers)).to(embeddings).T  # (classes, B)
    counts = members.sum(1, keepdim=True)  # (classes, 1)
    return centers - alpha * (counts * centers - members @ embeddings) / (1 + counts)


class CenterLoss(ClassLoss):
    """Softmax cross-entropy plus ``weight / 2`` times the mean squared distance of each item to its class's center.

    Wen et al. 2016. The centers are not descended: each training batch moves them by ``alpha`` of the way that
    ``moved_centers`` says, after its loss is taken. (The paper sums over the batch where the mean is taken here.)

    Args:
        dimensions: D of the embeddings.
        classes: training classes.
        weight: of the center term (the paper's lambda).
        alpha: how fast the centers move, in [0, 1].
    """

    centers: Tensor

    def __init__(self, dimensions: int, classes: int, weight: float = 0.003, alpha: float = 0.5) -> None:
        super().__init__()
        if weight < 0:
            raise ValueError(f"weight is {weight}; it must not be below 0")
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha is {alpha}; it must be from 0 to 1")
        self.head = nn.Linear(dimensions, classes)
        self.weight = weight
        self.alpha = alpha
        self.register_buffer("centers", torch.zeros(classes, dimensions))

    def mean_loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        apart = functional.cross_entropy(self.head(embeddings), labels)
        together = center_distance(embeddings, labels, self.centers)
        if self.training:
            self.centers.copy_(moved_centers(embeddings.detach(), labels, self.centers, self.alpha))
        return apart + self.weight * together
