"""Learning to learn from a sequence: items with their classes, one after the other, and then one to tell."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional

from gemel.batches import Batch, Episode, Labelled, Tasks
from gemel.encoders import Encoder
from gemel.errors import DataError
from gemel.learners.full_context import taken
from gemel.learners.learner import EmbeddingLearner, Step
from gemel.losses.loss import EpisodeLoss
from gemel.randomness import torch_generator
from gemel.similarity import Similarity

#: Queries that are answered at once, whatever the number of support sets: each may take a copy of what was read.
TOGETHER = 4096


def settled_order(rows: Tensor) -> Tensor:
    """Return an order that depends on the rows alone, not on how they come: (..., S, D) -> (..., S) row numbers.

    By their sum, as in ``FullContext``, and then shuffled, always in the same way: rows of one class, whose sums are
    alike, do not stand side by side.
    """
    shuffle = torch.randperm(rows.shape[-2], generator=torch_generator(0, "order")).to(rows.device)
    return rows.sum(-1).argsort(-1)[..., shuffle]


class SequenceLearner(EmbeddingLearner, ABC):
    """Reads the support's items and classes as a sequence, and then a query, as if there were no other.

    What a class looks like is told by the sequence; which it is, by its number, one-hot. There are as many numbers as
    ``ways``: of fewer classes the others' scores are left out, of more none can be told. Episodes of any number of
    shots are sequences of another length. An order is drawn for each training episode; in use it is ``settled_order``,
    so that neither the support's order nor what else is asked matters. The numbers of the classes do, a little: with
    ``readings`` the support is read so many times, the classes' numbers and the order moved on by one each time, and
    scores are the means of the log probabilities.

    Args:
        encoder: items -> embeddings.
        similarity: of pairs of items, which the method itself has no use for.
        loss: an ``EpisodeLoss``.
        ways: N, the most classes of an episode.
        readings: of a support, in use.

    Raises:
        ValueError: ``ways`` is below 2, or ``readings`` below 1.
    """

    sampler = "tasks"
    batches = (Episode, Tasks)
    loss_kind = EpisodeLoss

    def __init__(
        self, encoder: Encoder, similarity: Similarity, loss: EpisodeLoss, ways: int, readings: int = 1
    ) -> None:
        super().__init__(encoder, similarity)
        if ways < 2 or readings < 1:
            raise ValueError(f"ways is {ways}, readings {readings}; they must be 2 or more, and 1 or more")
        self.loss = loss
        self.ways, self.readings = ways, readings

    @property
    def most_classes(self) -> int:
        return self.ways

    @property
    def softmax_scale(self) -> float:
        """1: scores are logits, and know no other classes than the support's."""
        return 1.0

    def forward(self, batch: Batch) -> Step:
        support, query = self.embedded(batch)
        classes = int(support.labels.max()) + 1
        scores, truth = self.lessons(support, query)
        scores, truth = scores[..., :classes].flatten(0, -2), truth.flatten()
        with torch.autocast(self.device.type, enabled=False):
            loss = self.loss(scores, truth)
        return Step(loss, {"accuracy": (scores.argmax(-1) == truth).float().mean().detach()})

    def embedded(self, batch: Batch) -> tuple[Labelled, Labelled]:
        """Return the embedded supports (E, S, D) and queries (E, Q, D) with their labels (E, S) and (E, Q)."""
        if not isinstance(batch, Episode | Tasks):
            raise TypeError(f"{type(self).__name__} trains on Tasks or Episode batches, not {type(batch).__name__}.")
        batch = batch.with_items(self.embed)
        episodes = batch.episodes if isinstance(batch, Tasks) else (batch,)
        support, query = [one.support for one in episodes], [one.query for one in episodes]
        return stacked(support), stacked(query)

    def order(self, rows: Tensor) -> Tensor:
        """Return the order in which a sequence is read: (..., S, D) -> (..., S)."""
        if self.training:
            return torch.rand(rows.shape[:-1], device=rows.device).argsort(-1)
        return settled_order(rows)

    def told(self, labels: Tensor) -> Tensor:
        """Return class numbers as the network sees them: (..., S) -> (..., S, ways).

        Raises:
            DataError: there are more classes than ``ways``.
        """
        classes = int(labels.max()) + 1
        if classes > self.ways:
            raise DataError(
                f"The model tells {self.ways} classes at most from each other, and {classes} came; train with "
                f"learner.ways={classes} (and episodes of as many ways)."
            )
        return functional.one_hot(labels, self.ways).float()

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the logits of each query after the whole support: (..., Q, D), (..., S, D) -> (..., Q, classes).

        Raises:
            DataError: there are more classes than ``ways``.
        """
        if self.readings == 1:
            return self.reading(query, support, labels, classes, 0)
        readings = (self.reading(query, support, labels, classes, turn) for turn in range(self.readings))
        return torch.stack([torch.log_softmax(scores, -1) for scores in readings]).mean(0)

    def reading(self, query: Tensor, support: Tensor, labels: Tensor, classes: int, turn: int) -> Tensor:
        """Return the logits after one reading, ``(c + turn) mod classes`` being what the network is told of class c."""
        order = self.order(support).roll(turn, -1)
        read = Labelled(taken(support, order), ((labels + turn) % classes)[order])
        together = max(1, TOGETHER // math.prod(support.shape[:-2]))
        parts = [self.answers(read, part) for part in torch.split(query, together, -2)]
        return torch.cat(parts, -2)[..., :classes].roll(-turn, -1)

    @abstractmethod
    def lessons(self, support: Labelled, query: Labelled) -> tuple[Tensor, Tensor]:
        """Return the logits that training looks at, and the true classes: (E, T, ways), (E, T)."""

    @abstractmethod
    def answers(self, support: Labelled, query: Tensor) -> Tensor:
        """Return the logits of each query by itself after a support in order: (..., Q, D) -> (..., Q, ways)."""


def stacked(parts: list[Labelled]) -> Labelled:
    """Return the parts of several episodes as one: (S, ...) each -> (E, S, ...)."""
    return Labelled(torch.stack([part.items for part in parts]), torch.stack([part.labels for part in parts]))
