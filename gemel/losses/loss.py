"""The five kinds of loss, by what they compare."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from gemel.similarity import Similarity


class PairLoss(nn.Module, ABC):
    """Scores of pairs and whether each is of one class -> one loss a pair.

    ``forward(score, same, similarity)``: (P,), (P,) in {0, 1} -> (P,). The learner averages (half the weight on the
    same pairs, half on the different). A loss that its paper writes in distances takes ``similarity.distance(score)``.
    """

    @abstractmethod
    def forward(self, score: Tensor, same: Tensor, similarity: Similarity) -> Tensor:
        """Return the loss of each pair: (P,)."""


class TripletLoss(nn.Module, ABC):
    """Distances anchor-positive and anchor-negative -> one loss a triplet: (T,), (T,) -> (T,)."""

    @abstractmethod
    def forward(self, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss of each triplet: (T,)."""


class ClassLoss(nn.Module, ABC):
    """Embeddings and class numbers -> the mean loss: (B, D), (B,) in 0 ... classes-1 -> ().

    A loss that learns something (a weight, a center) for every training class takes ``dimensions`` (D) and ``classes``
    in its constructor. A loss writes ``mean_loss``; ``forward`` keeps autocast out of its matrix products, whose
    logits bfloat16 would round to two or three digits.
    """

    @abstractmethod
    def mean_loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss, in the precision of the embeddings: ()."""

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        with torch.autocast(embeddings.device.type, enabled=False):
            return self.mean_loss(embeddings, labels)


class QueryLoss(nn.Module, ABC):
    """What a network puts out for queries, and the truth -> the mean loss: (Q, N), (Q,) -> ().

    Attributes:
        metric: what ``figure`` is called.
    """

    metric: str

    @abstractmethod
    def forward(self, outputs: Tensor, truth: Tensor) -> Tensor:
        """Return the mean loss of the queries: ()."""

    @abstractmethod
    def width(self, truth: Tensor) -> int:
        """Return N, how many outputs count, of a truth (..., Q)."""

    @abstractmethod
    def figure(self, outputs: Tensor, truth: Tensor) -> Tensor:
        """Return how well the queries were told: (..., Q, N), (..., Q) -> ()."""


class EpisodeLoss(QueryLoss, ABC):
    """Scores of queries with an episode's classes, and the true classes -> the mean loss.

    ``forward(scores, labels)``: (Q, N), (Q,) in 0 ... N-1 -> ().
    """

    metric = "accuracy"

    def width(self, truth: Tensor) -> int:
        return int(truth.max()) + 1

    def figure(self, outputs: Tensor, truth: Tensor) -> Tensor:
        return (outputs.argmax(-1) == truth).float().mean()


class RegressionLoss(QueryLoss, ABC):
    """One number told for each query, and the true number -> the mean loss: (Q, 1), (Q,) -> ()."""

    metric = "squared_error"

    def width(self, truth: Tensor) -> int:
        return 1

    def figure(self, outputs: Tensor, truth: Tensor) -> Tensor:
        return (outputs.squeeze(-1) - truth).square().mean()
