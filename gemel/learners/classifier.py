"""What ``adapt(support)`` returns: immutable, and safe to share between threads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import torch
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

    @abstractmethod
    def add_class(self, items: Tensor) -> Self:
        """Return a classifier that knows one class more, the last, from its examples (K, C, H, W); this one stays.

        Raises:
            ValueError: there is no example.
        """


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
        return self.scorer.class_scores(self.embed(items), self.support, self.labels, self.classes)

    @property
    def classes(self) -> int:
        """N."""
        return int(self.labels.max()) + 1

    def add_class(self, items: Tensor) -> Self:
        if not len(items):
            raise ValueError("a class of no example cannot be told; give at least one")
        labels = torch.cat([self.labels, self.labels.new_full((len(items),), self.classes)])
        return replace(self, support=torch.cat([self.support, self.embed(items)]), labels=labels)
