"""Items against the classes of a support set, from embeddings alone."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class ClassScorer(Protocol):
    """Whatever scores queries against the classes of a support set: a similarity, or a learner that does it better."""

    @property
    def softmax_scale(self) -> float | None:
        """Where class scores are no likenesses: what they are multiplied by for a softmax over the classes."""

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return one score a class, higher for more alike.

        Args:
            query: (..., Q, D) embeddings.
            support: (..., S, D) embeddings; each leading index is a task of its own.
            labels: (S,) in 0 ... classes-1, the same for every task.
            classes: N; every one has a support item.

        Returns:
            (..., Q, N).
        """

    def likeness(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the same on the scale of pairs' scores, which thresholds and calibration know."""


def prototypes(support: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return each class's mean embedding: (..., S, D), (S,) in 0 ... classes-1 -> (..., classes, D)."""
    members = (labels == torch.arange(classes, device=labels.device)[:, None]).to(support)  # (N, S)
    return members @ support / members.sum(-1, keepdim=True).clamp(min=1)


def nearest_items(scores: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return each class's highest score: (..., Q, S) with the support items, labels (S,) -> (..., Q, classes)."""
    lowest = scores.new_full((*scores.shape[:-1], classes), -torch.inf)
    return lowest.scatter_reduce(-1, labels.expand_as(scores), scores, "amax")


def mean_of_items(scores: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return each class's mean score: (..., Q, S) with the support items, labels (S,) -> (..., Q, classes)."""
    return prototypes(scores.mT, labels, classes).mT
