"""Queries that help each other, against the slow loop."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from gemel.encoders import Pixels
from gemel.errors import DataError
from gemel.evaluation import episode_accuracy
from gemel.learners import Transductive
from gemel.learners.transductive import balanced_log_shares
from gemel.losses import Softmax
from gemel.randomness import torch_generator
from gemel.similarity import Cosine
from tests.evaluation.clouds import clouds


def made(**options: Any) -> Transductive:
    return Transductive(Pixels(1, (4, 4)), Cosine(), Softmax(16, 2), **options)


def rows(count: int, seed: int) -> Tensor:
    return torch.randn(count, 16, generator=torch_generator(seed, "rows"))


def test_the_means_move_as_written() -> None:
    query, support, labels = rows(6, 0), rows(4, 1), torch.tensor([0, 0, 1, 0])
    learner = made(scale=3.0, rounds=2, rate=0.5)
    means = first = [support[labels == c].mean(0) for c in range(2)]
    for _ in range(2):
        shares = torch.softmax(torch.stack([3 * torch.cosine_similarity(query, mean) for mean in means], 1), 1)
        moved = []
        for c, count in ((0, 3), (1, 1)):
            gathered = count * first[c] + sum(shares[q, c] * query[q] for q in range(6))
            moved.append(means[c] + 0.5 * (gathered / (count + shares[:, c].sum()) - means[c]))
        means = moved
    expected = torch.log_softmax(torch.stack([3 * torch.cosine_similarity(query, mean) for mean in means], 1), 1)
    torch.testing.assert_close(learner.class_scores(query, support, labels, 2), expected)
    torch.testing.assert_close(learner.class_scores(query[None], support[None], labels, 2)[0], expected)


def test_balanced_shares_give_every_class_as_many_queries() -> None:
    shares = balanced_log_shares(5 * rows(12, 2)[:, :4]).exp()
    torch.testing.assert_close(shares.sum(1), torch.ones(12))
    torch.testing.assert_close(shares.sum(0), torch.full((4,), 3.0), rtol=2e-2, atol=0)
    even = balanced_log_shares(torch.zeros(6, 3))
    torch.testing.assert_close(even, torch.full((6, 3), -math.log(3)))


def test_company_helps_and_knowing_the_balance_helps_more() -> None:
    embeddings, labels = clouds(40, 20, 0.9, dimensions=16)
    rates = [
        episode_accuracy(embeddings, labels, scorer, 5, 1, 10, 200).accuracy.value
        for scorer in (Cosine(), made(), made(balanced=True))
    ]
    assert rates == sorted(rates)
    assert rates[1] - rates[0] > 0.02


def test_without_rounds_it_ranks_as_the_similarity_does() -> None:
    query, support, labels = rows(6, 0), rows(4, 1), torch.tensor([0, 1, 2, 3])
    scores = made(rounds=0).class_scores(query, support, labels, 4)
    assert torch.equal(scores.argsort(-1), Cosine().class_scores(query, support, labels, 4).argsort(-1))


def test_what_cannot_be_balanced_is_refused() -> None:
    with pytest.raises(DataError, match="equally many queries of each class, and 5 came for 2 classes"):
        made(balanced=True).class_scores(rows(5, 0), rows(2, 1), torch.arange(2), 2)
    with pytest.raises(ValueError, match=r"they must be > 0, >= 0 and in \(0, 1\]"):
        made(rate=0.0)
