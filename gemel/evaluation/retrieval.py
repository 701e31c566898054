"""Retrieval: does a search for an item find the others of its class?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.evaluation.checks import checked_labels
from gemel.evaluation.intervals import Estimate, class_bootstrap
from gemel.similarity import Similarity

#: The k of recall@k.
DEPTHS = (1, 5, 10)
#: Scores computed at once.
CHUNK = 2**22


@dataclass(frozen=True)
class RetrievalResult:
    """Means over the queries: every item whose class has another, searched among all others (that show other things).

    Attributes:
        recall_at: for each k, the share of queries with an item of their class among the k nearest.
        map_at_r: mean average precision at R (Musgrave et al. 2020).
        r_precision: share of the R nearest that are of the query's class, R being how many there are to find.
        queries, items: how many.
    """

    recall_at: Mapping[int, Estimate]
    map_at_r: Estimate
    r_precision: Estimate
    queries: int
    items: int

    def to_json(self) -> dict[str, Any]:
        """Return the result as the command line prints it."""
        return {
            "protocol": "retrieval",
            "recall_at": {str(k): recall.to_json() for k, recall in self.recall_at.items()},
            "map_at_r": self.map_at_r.to_json(),
            "r_precision": self.r_precision.to_json(),
            "queries": self.queries,
            "items": self.items,
        }

    def __str__(self) -> str:
        recalls = ", ".join(f"recall@{k} {recall}" for k, recall in self.recall_at.items())
        return f"{recalls}, MAP@R {self.map_at_r} ({self.queries} queries, {self.items} items)"


def ranking_figures(hits: Tensor, relevant: Tensor) -> Tensor:
    """Return recall@1, @5, @10, MAP@R and R-precision of every query: (Q, T), (Q,) -> (Q, 5).

    ``MAP@R = 1/R sum_{i=1..R} P(i)``, P(i) being the precision of the first i where the i-th is a hit, else 0.

    Args:
        hits: whether each of the T nearest, nearest first, is of the query's class; T >= R or all there are.
        relevant: R, how many items of its class there are to find (>= 1).
    """
    hits = hits.double()
    ranks = torch.arange(1, hits.shape[1] + 1)
    within = hits * (ranks <= relevant[:, None])
    precision = hits.cumsum(1) / ranks
    recalls = [hits[:, :k].amax(1) for k in DEPTHS]
    return torch.stack([*recalls, (precision * within).sum(1) / relevant, within.sum(1) / relevant], dim=1)


def query_figures(
    embeddings: Tensor, similarity: Similarity, labels: Tensor, queries: Tensor, things: Tensor, relevant: Tensor
) -> Tensor:
    """Return ``ranking_figures`` of the items numbered ``queries`` among those that show other things: (Q,) -> (Q, 5).

    ``things`` (M,) tells what each item shows, and ``relevant`` (M,) how many others of its class there are to find.
    """
    depth = min(len(labels) - 1, max(int(relevant.max()), *DEPTHS))
    parts = []
    for chunk in torch.tensor_split(queries, 1 + len(queries) * len(labels) // CHUNK):
        scores = similarity.matrix(embeddings[chunk], embeddings)  # (q, M)
        scores[(things[chunk][:, None] == things).to(scores.device)] = -torch.inf  # a query does not find itself
        found = scores.topk(depth, dim=1)
        hits = (labels[found.indices.cpu()] == labels[chunk][:, None]) & (found.values > -torch.inf).cpu()
        parts.append(ranking_figures(hits, relevant[chunk]))
    return torch.cat(parts)


def to_find(labels: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Return how many items of its class, that show another thing, each item has: (M,), (M,) -> (M,)."""
    _, own, sizes = np.unique(np.stack([labels, things]), axis=1, return_inverse=True, return_counts=True)
    counts: np.ndarray = np.bincount(labels)[labels] - sizes[own.ravel()] if len(labels) else labels
    return counts


def retrieval(
    embeddings: Tensor,
    labels: np.ndarray | Tensor,
    similarity: Similarity,
    seed: int = 0,
    item_groups: np.ndarray | None = None,
) -> RetrievalResult:
    """Return recall@k, MAP@R and R-precision, with intervals over resampled classes.

    Args:
        embeddings: (M, D), finite.
        labels: (M,) class numbers.
        similarity: compares embeddings.
        seed: of the resampling.
        item_groups: (M,) which items show one thing; a search is then among items that show other things.

    Raises:
        DataError: fewer than two classes have two items (of two things).
    """
    classes, numbers = np.unique(checked_labels(embeddings, labels), return_inverse=True)
    things = np.arange(len(numbers)) if item_groups is None else np.unique(item_groups, return_inverse=True)[1]
    relevant = to_find(numbers, things)
    searchable = np.flatnonzero(relevant)
    searchable_classes, class_of = np.unique(numbers[searchable], return_inverse=True)
    if len(searchable_classes) < 2:
        raise DataError(
            f"{len(searchable_classes)} of {len(classes)} classes have 2 items or more; retrieval needs 2 such classes."
        )
    with torch.no_grad():
        given = (torch.from_numpy(part) for part in (numbers, searchable, things, relevant))
        figures = query_figures(embeddings, similarity, *given).numpy()
    sizes = np.bincount(class_of).astype(np.float64)  # (C,)
    sums = np.stack([np.bincount(class_of, column) for column in figures.T], axis=1)  # (C, 5)
    estimates = class_bootstrap(lambda weights: weights @ sums / (weights @ sizes), len(sizes), seed)
    recalls, (map_at_r, r_precision) = estimates[: len(DEPTHS)], estimates[len(DEPTHS) :]
    return RetrievalResult(
        dict(zip(DEPTHS, recalls, strict=True)), map_at_r, r_precision, queries=len(searchable), items=len(numbers)
    )
