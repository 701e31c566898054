"""What ``adapt(support)`` returns: immutable, and safe to share between threads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from gemel.similarity import ClassScorer


class Classifier(ABC):
    """A classifier over the classes of one support set."""

    @abstractmethod
    def scores(self, items: Tensor) -> Tensor:
        """Return one score a class, higher for more alike: (Q, C, H, W) -> (Q, N)."""

    def predict(self, items: Tensor) -> Tensor:
        """Return the class number with the highest score: (Q, C, H, W) -> (Q,)."""
        return self.scores(items).argmax(-1)


@dataclass(frozen=True)
class SupportClassifier(Classifier):
    """The classes of embedded support items, scored as its ``scorer`` does.

    Attributes:
        embed: items (Q, C, H, W) -> embeddings (Q, D).
        scorer: compares embeddings with classes.
        support: (S, D).
        labels: (S,) in 0 ... N-1.
    """

    embed: Callable[[Tensor], Tensor]
    scorer: ClassScorer
    support: Tensor
    labels: Tensor

    def scores(self, items: Tensor) -> Tensor:
        return self.scorer.class_scores(self.embed(items), self.support, self.labels, int(self.labels.max()) + 1)
