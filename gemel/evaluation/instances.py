"""Accuracy by instance: how good is the answer on the first item of a class, the second, the tenth?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.evaluation.checks import checked_labels
from gemel.evaluation.episode_indices import sample_episodes
from gemel.evaluation.intervals import Estimate, mean_rate
from gemel.randomness import numpy_generator

#: Episodes that are read at once.
TOGETHER = 256

#: How an instance is named.
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


class SequenceScorer(Protocol):
    """Whatever tells the class of each item of a sequence, being told those of the items before."""

    def sequence_scores(self, items: Tensor, labels: Tensor) -> Tensor:
        """Return one score a class at every step: (..., T, D), (..., T) in 0 ... N-1 -> (..., T, N or more)."""


@dataclass(frozen=True)
class InstancesResult:
    """The accuracy on the first item of a class in a sequence, the second, and so on.

    Attributes:
        accuracies: of each instance.
        rates: (E, K) each episode's, over its classes.
    """

    ways: int
    episodes: int
    seed: int
    accuracies: tuple[Estimate, ...]
    rates: np.ndarray = field(repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the result as the command line prints it."""
        return {
            "protocol": "instances",
            "ways": self.ways,
            "instances": len(self.accuracies),
            "episodes": self.episodes,
            "seed": self.seed,
            "accuracies": [accuracy.to_json() for accuracy in self.accuracies],
        }

    def __str__(self) -> str:
        told = [f"{number}{ENDINGS.get(number, 'th')} {accuracy}" for number, accuracy in self.numbered()]
        return f"{self.ways}-way accuracy by instance: {', '.join(told)} ({self.episodes} episodes)"

    def numbered(self) -> list[tuple[int, Estimate]]:
        """Return what the paper's table shows: the first three instances, the fifth, the tenth and the last."""
        last = len(self.accuracies)
        return [(number, self.accuracies[number - 1]) for number in sorted({1, 2, 3, 5, 10, last}) if number <= last]


def instances(labels: np.ndarray) -> np.ndarray:
    """Return how many items of its class each has before it: (E, T) -> (E, T), 0 for a class's first."""
    same = labels[:, :, None] == labels[:, None, :]  # (E, T, T)
    counts: np.ndarray = np.tril(same, -1).sum(-1)
    return counts


def by_instance(right: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return each episode's share of right answers on every class's first item, second, ...: (E, T) twice -> (E, K).

    Every class has K items in every episode.
    """
    order = instances(labels).argsort(1, kind="stable")  # the classes' first items, then their second, ...
    sorted_right = np.take_along_axis(right, order, 1)
    ways = int(labels.max()) + 1
    rates: np.ndarray = sorted_right.reshape(len(right), -1, ways).mean(-1)
    return rates


def instance_accuracy(
    embeddings: Tensor,
    labels: np.ndarray | Tensor,
    scorer: SequenceScorer,
    ways: int = 5,
    items: int = 10,
    episodes: int = 1000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
) -> InstancesResult:
    """Return the accuracy on each instance of a class, over sequences in random order (Santoro et al. 2016, table 1).

    The scorer tells the class of each item and is then told it. On a class's first item it can but guess among the
    classes that have not come yet. One rate an episode and instance, and the intervals over those.

    Args:
        embeddings: (M, D), finite.
        labels: (M,) class numbers.
        scorer: tells classes; a learner such as MANN.
        ways, items: N classes of an episode, K items of each.
        episodes, seed, groups: see ``sample_episodes``.

    Raises:
        DataError: there are too few classes or items, ``items`` is below 2, or the embeddings are not finite.
    """
    if items < 2:
        raise DataError(f"{items} item a class has no second instance; at least 2 are expected.")
    numbers = checked_labels(embeddings, labels)
    first, others = sample_episodes(numbers, ways, 1, items - 1, episodes, seed, groups)
    chosen = np.concatenate([first, others], -1).reshape(episodes, -1)  # (E, N * K)
    order = numpy_generator(seed, "instances").permuted(np.tile(np.arange(ways * items), (episodes, 1)), axis=1)
    truth = order // items
    with torch.no_grad():
        right = told_right(embeddings, scorer, np.take_along_axis(chosen, order, 1), truth)
    rates = by_instance(right, truth)
    return InstancesResult(ways, episodes, seed, tuple(mean_rate(rate) for rate in rates.T), rates)


def told_right(embeddings: Tensor, scorer: SequenceScorer, rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return at which steps the true class scores highest: item numbers (E, T), classes (E, T) -> (E, T) bool."""
    parts = []
    for start in range(0, len(rows), TOGETHER):
        items = embeddings[torch.from_numpy(rows[start : start + TOGETHER])]
        labels = torch.from_numpy(truth[start : start + TOGETHER]).to(embeddings.device)
        scores = scorer.sequence_scores(items, labels)[..., : int(truth.max()) + 1]
        parts.append((scores.argmax(-1) == labels).cpu().numpy())
    return np.concatenate(parts)
