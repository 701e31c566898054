from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from gemel.randomness import torch_generator
from gemel.similarity import SIMILARITIES, Cosine, Euclidean, ExpManhattan, Similarity, SquaredEuclidean, WeightedL1
from gemel.similarity.cosine import unit_length
from gemel.similarity.pairwise import pairwise_distances
from tests.reference import similarities as slow


def learned() -> WeightedL1:
    similarity = WeightedL1(dimensions=7)
    with torch.no_grad():
        similarity.raw.copy_(torch.randn(7, generator=torch_generator(1, "raw")))
    return similarity


def slow_weighted_l1(a: list[float], b: list[float]) -> float:
    weights = [math.log(1 + math.exp(raw)) * 2 / math.sqrt(7) for raw in learned().raw.tolist()]
    return slow.weighted_l1(a, b, weights, bias=2.0)


CASES: dict[str, tuple[Similarity, Callable[[list[float], list[float]], float]]] = {
    "cosine": (Cosine(), slow.cosine),
    "euclidean": (Euclidean(), slow.euclidean),
    "squared_euclidean": (SquaredEuclidean(), slow.squared_euclidean),
    "exp_manhattan": (ExpManhattan(), slow.exp_manhattan),
    "weighted_l1": (learned(), slow_weighted_l1),
}


def test_every_similarity_has_a_slow_formula() -> None:
    elsewhere = {"nearest", "hausdorff", "crossed", "two_channel", "relation"}  # each in a file of its own
    assert CASES.keys() == SIMILARITIES.keys() - elsewhere


@pytest.mark.parametrize("name", CASES)
def test_against_the_slow_formula(name: str) -> None:
    similarity, formula = CASES[name]
    a, b = torch.randn(2, 30, 7, generator=torch_generator(0, "rows"))
    expected = torch.tensor([formula(x.tolist(), y.tolist()) for x, y in zip(a, b, strict=True)])
    torch.testing.assert_close(similarity(a, b), expected, atol=2e-6, rtol=1e-5)
    torch.testing.assert_close(similarity.matrix(a, b).diagonal(), expected, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("similarity", "score", "distance"),
    [
        (Cosine(), 0.6, 0.4),
        (Euclidean(), -(5**0.5), 5**0.5),
        (SquaredEuclidean(), -5.0, 5.0),
        (ExpManhattan(), math.exp(-3), 1 - math.exp(-3)),
        (WeightedL1(2, activation=False), 2 - 3 * math.log(2) * 2 / 2**0.5, 3 * math.log(2) * 2 / 2**0.5),
    ],
)
def test_by_hand(similarity: Similarity, score: float, distance: float) -> None:
    # |(2, 0) - (3, 4) * ...|: the differences are 1 and 2, the cosine of (1, 0) and (0.6, 0.8) is 0.6
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 2.0]])
    if isinstance(similarity, Cosine):
        b = torch.tensor([[3.0, 4.0]])
    torch.testing.assert_close(similarity(a, b), torch.tensor([score]))
    torch.testing.assert_close(similarity.distance(similarity(a, b)), torch.tensor([distance]))


def test_cosine_of_opposite_and_of_zero_vectors() -> None:
    x, zero = torch.randn(100, 33, generator=torch_generator(0, "rows")), torch.zeros(1, 33)
    torch.testing.assert_close(Cosine()(x, -3 * x), torch.full((100,), -1.0))
    assert (Cosine()(x, -x) >= -1).all()
    torch.testing.assert_close(Cosine()(x, zero), torch.full((100,), 0.5))
    assert Cosine()(zero, zero) == 1


def test_unit_length_of_nothing_is_nothing_with_gradient_zero() -> None:
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0], [1e-9, 0.0]], requires_grad=True)
    unit = unit_length(x)
    torch.testing.assert_close(unit, torch.tensor([[0.6, 0.8], [0.0, 0.0], [0.0, 0.0]]))
    unit[1:].sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, torch.zeros(3, 2))


def test_pairwise_distances_keep_their_digits_far_from_the_origin() -> None:
    a = 1000 + torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    assert torch.equal(pairwise_distances(a, a), torch.tensor([[0.0, 5.0], [5.0, 0.0]]))
    assert torch.equal(pairwise_distances(a, a, p=1.0), torch.tensor([[0.0, 7.0], [7.0, 0.0]]))


def test_learned_weights_stay_positive() -> None:
    similarity = WeightedL1(3)
    with torch.no_grad():
        similarity.raw.copy_(torch.tensor([-20.0, 0.0, 20.0]))
    assert (similarity.weights() > 0).all()
    assert similarity.highest is similarity.bias
