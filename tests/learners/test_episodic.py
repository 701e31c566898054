"""Episodic learning against the papers' formulas, one query at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gemel.batches import Episode, Labelled
from gemel.encoders import Encoder
from gemel.learners import Episodic
from gemel.losses import CrossEntropy
from gemel.randomness import torch_generator
from gemel.similarity import Cosine, SquaredEuclidean
from tests.reference.losses import cross_entropy
from tests.reference.similarities import cosine, squared_euclidean

DIMENSIONS = 6
LABELS = torch.tensor([2, 0, 1, 1, 2, 0])
TRUTH = torch.tensor([0, 1, 2, 2])


class Flat(Encoder):
    """Embeds an item as its numbers, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__(1, DIMENSIONS)
        self.calls = 0

    def features(self, items: Tensor) -> Tensor:
        return items

    def forward(self, items: Tensor) -> Tensor:
        self.calls += 1
        return items.flatten(1)


def items(count: int, seed: int) -> Tensor:
    return torch.randn(count, 1, 1, DIMENSIONS, generator=torch_generator(seed, "items"))


def episode() -> Episode:
    return Episode(Labelled(items(6, 1), LABELS), Labelled(items(4, 2), TRUTH))


def means(rows: list[list[float]]) -> list[list[float]]:
    """Return each class's mean, number by number."""
    classes = []
    for label in range(3):
        members = [row for row, own in zip(rows, LABELS.tolist(), strict=True) if own == label]
        classes.append([sum(column) / len(members) for column in zip(*members, strict=True)])
    return classes


def test_squared_euclidean_and_cross_entropy_are_the_prototypical_network() -> None:
    batch = episode()
    prototypes = means(batch.support.items.flatten(1).tolist())
    logits = [[squared_euclidean(q, p) for p in prototypes] for q in batch.query.items.flatten(1).tolist()]
    costs = [cross_entropy(row, label) for row, label in zip(logits, TRUTH.tolist(), strict=True)]
    right = [row.index(max(row)) == label for row, label in zip(logits, TRUTH.tolist(), strict=True)]
    step = Episodic(Flat(), SquaredEuclidean(), CrossEntropy())(batch)
    torch.testing.assert_close(step.loss, torch.tensor(sum(costs) / 4))
    assert float(step.metrics["accuracy"]) == sum(right) / 4


def test_a_cosine_compares_with_means_of_unit_vectors_and_is_scaled() -> None:
    batch = episode()
    units = nn.functional.normalize(batch.support.items.flatten(1)).tolist()
    logits = [[7 * cosine(q, p) for p in means(units)] for q in batch.query.items.flatten(1).tolist()]
    costs = [cross_entropy(row, label) for row, label in zip(logits, TRUTH.tolist(), strict=True)]
    step = Episodic(Flat(), Cosine(), CrossEntropy(), scale=7)(batch)
    torch.testing.assert_close(step.loss, torch.tensor(sum(costs) / 4))


def test_support_and_queries_are_embedded_in_one_pass() -> None:
    encoder = Flat()
    Episodic(encoder, SquaredEuclidean(), CrossEntropy())(episode())
    assert encoder.calls == 1


def test_what_trains_is_what_adapts() -> None:
    batch = episode()
    learner = Episodic(Flat(), Cosine(), CrossEntropy())
    predicted = learner.adapt(batch.support).predict(batch.query.items)
    assert float(learner(batch).metrics["accuracy"]) == float((predicted == TRUTH).float().mean())


def test_a_scale_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="scale is 0; it must be above 0"):
        Episodic(Flat(), SquaredEuclidean(), CrossEntropy(), scale=0)


class Watched(SquaredEuclidean):
    """Notes whether autocast was on when classes were scored."""

    seen: bool

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        self.seen = torch.is_autocast_enabled("cpu")
        return super().class_scores(query, support, labels, classes)


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("lowered", [False, True])
def test_autocast_reaches_the_scores_where_the_similarity_allows_it(allowed: bool, lowered: bool) -> None:
    similarity = Watched()
    similarity.autocast = allowed
    with torch.autocast("cpu", torch.bfloat16, enabled=lowered):
        step = Episodic(Flat(), similarity, CrossEntropy())(episode())
    assert similarity.seen == (allowed and lowered)
    assert step.loss.dtype == torch.float32
