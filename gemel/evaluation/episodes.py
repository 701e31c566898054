"""N-way K-shot accuracy over episodes, from embeddings computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.evaluation.checks import checked_labels
from gemel.evaluation.episode_indices import sample_episodes
from gemel.evaluation.intervals import Estimate, mean_rate
from gemel.similarity import ClassScorer

#: Numbers gathered at once: 16 MiB of float32, near what a processor's cache holds.
CHUNK = 2**22


@dataclass(frozen=True)
class EpisodesResult:
    """The accuracy of one classifier an episode, mean over the episodes."""

    ways: int
    shots: int
    queries: int
    episodes: int
    seed: int
    accuracy: Estimate
    rates: np.ndarray = field(repr=False, compare=False)  # (E,), one an episode

    def to_json(self) -> dict[str, Any]:
        """Return the result as the command line prints it."""
        return {
            "protocol": "episodes",
            "ways": self.ways,
            "shots": self.shots,
            "queries": self.queries,
            "episodes": self.episodes,
            "seed": self.seed,
            "accuracy": self.accuracy.to_json(),
        }

    def __str__(self) -> str:
        return f"{self.ways}-way {self.shots}-shot accuracy {self.accuracy} ({self.episodes} episodes)"


def episode_scores(embeddings: Tensor, scorer: ClassScorer, support: Tensor, query: Tensor) -> Tensor:
    """Return the score of every query item with every class.

    Args:
        embeddings: (M, D).
        scorer: compares them.
        support: (E, N, K) item numbers.
        query: (E, Q) item numbers.

    Returns:
        (E, Q, N).
    """
    _, ways, shots = support.shape
    labels = torch.arange(ways, device=embeddings.device).repeat_interleave(shots)
    return scorer.class_scores(embeddings[query], embeddings[support.flatten(1)], labels, ways)


def accuracies(embeddings: Tensor, scorer: ClassScorer, support: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Return each episode's share of queries that score highest with their own class: (E, N, K), (E, N, Q) -> (E,)."""
    episodes, ways, shots = support.shape
    truth = torch.arange(ways).repeat_interleave(query.shape[2])  # (N*Q,)
    chunk = max(1, CHUNK // (ways * (shots + query.shape[2]) * embeddings.shape[1]))
    parts = []
    for start in range(0, episodes, chunk):
        support_part = torch.from_numpy(support[start : start + chunk])
        query_part = torch.from_numpy(query[start : start + chunk]).flatten(1)
        scores = episode_scores(embeddings, scorer, support_part, query_part)
        parts.append((scores.argmax(-1).cpu() == truth).double().mean(1))
    return torch.cat(parts).numpy()


def episode_accuracy(
    embeddings: Tensor,
    labels: np.ndarray | Tensor,
    scorer: ClassScorer,
    ways: int = 5,
    shots: int = 1,
    queries: int = 15,
    episodes: int = 1000,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    item_writers: np.ndarray | None = None,
    item_groups: np.ndarray | None = None,
) -> EpisodesResult:
    """Return the N-way K-shot accuracy, each query going to the class that it scores highest with.

    One accuracy an episode, and the interval over those (never pooled over queries, which hang together).

    Args:
        embeddings: (M, D), finite.
        labels: (M,) class numbers.
        scorer: a similarity, or a learner.
        ways, shots, queries: N classes, K support and Q query items of each.
        episodes, seed, groups, item_writers, item_groups: see ``sample_episodes``.

    Raises:
        DataError: there are too few classes or items, or the embeddings are not finite.
    """
    numbers = checked_labels(embeddings, labels)
    support, query = sample_episodes(numbers, ways, shots, queries, episodes, seed, groups, item_writers, item_groups)
    with torch.no_grad():
        rates = accuracies(embeddings, scorer, support, query)
    return EpisodesResult(ways, shots, queries, episodes, seed, mean_rate(rates), rates)
