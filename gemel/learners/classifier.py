"""What ``adapt(support)`` returns: immutable, and safe to share between threads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from gemel.similarity import Similarity


class Classifier(ABC):
    """A classifier over the classes of one support set."""

    @abstractmethod
    def scores(self, items: Tensor) -> Tensor:
        """Return one score a class, higher for more alike: (Q, C, H, W) -> (Q, N)."""

    def predict(self, items: Tensor) -> Tensor:
        """Return the class number with the highest score: (Q, C, H, W) -> (Q,)."""
        return self.scores(items).argmax(-1)


def prototypes(embeddings: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return each class's mean embedding: (..., S, D), (S,) in 0 ... classes-1 -> (..., classes, D)."""
    members = (labels == torch.arange(classes, device=labels.device)[:, None]).to(embeddings)  # (N, S)
    return members @ embeddings / members.sum(-1, keepdim=True).clamp(min=1)


@dataclass(frozen=True)
class NearestPrototype(Classifier):
    """A class's score is the similarity to the mean of its support embeddings (for one shot: to its one item)."""

    embed: Callable[[Tensor], Tensor]
    similarity: Similarity
    means: Tensor  # (N, D)

    @classmethod
    def fit(cls, embed: Callable[[Tensor], Tensor], similarity: Similarity, embeddings: Tensor, labels: Tensor) -> Self:
        """Return the classifier of a support set: embeddings (S, D), labels (S,) in 0 ... N-1."""
        return cls(embed, similarity, prototypes(embeddings, labels, int(labels.max()) + 1))

    def scores(self, items: Tensor) -> Tensor:
        return self.similarity.matrix(self.embed(items), self.means)
