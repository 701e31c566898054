"""What every registered loss on triplets promises."""

from __future__ import annotations

import pytest
import torch

from gemel.losses import (
    TRIPLET_LOSSES,
    TripletLoss,
)
from gemel.similarity import Similarity
from tests.contracts.losses.cases import (
    TRIPLET_CASES,
    made,
    named,
    rows,
)


@pytest.fixture(params=TRIPLET_CASES, ids=named(TRIPLET_CASES))
def triplet_loss(request: pytest.FixtureRequest) -> TripletLoss:
    loss: TripletLoss = made("loss", TRIPLET_LOSSES, request.param)
    return loss


def test_triplet_loss_is_one_number_a_triplet_never_below_zero(triplet_loss: TripletLoss) -> None:
    positive, negative = rows(5, 1).abs().flatten(), rows(5, 2).abs().flatten()
    losses = triplet_loss(positive, negative)
    assert losses.shape == positive.shape
    assert (losses >= 0).all()
    assert torch.equal(losses[3:4], triplet_loss(positive[3:4], negative[3:4]))
    assert triplet_loss(positive[:0], negative[:0]).shape == (0,)


def test_triplet_loss_rises_with_the_positive_and_falls_with_the_negative(triplet_loss: TripletLoss) -> None:
    rising, fixed = torch.linspace(0, 3, 40), torch.full((40,), 1.5)
    assert (triplet_loss(rising, fixed).diff() >= 0).all()
    assert (triplet_loss(fixed, rising).diff() <= 0).all()
    assert triplet_loss(rising, fixed)[-1] > triplet_loss(rising, fixed)[0]
    assert triplet_loss(fixed, rising)[-1] < triplet_loss(fixed, rising)[0]


@pytest.mark.parametrize("scale", [0.0, 1.0, 1000.0])
def test_triplet_gradients_are_finite_for_equal_embeddings_and_far_ones(
    triplet_loss: TripletLoss, similarity: Similarity, scale: float
) -> None:
    for x in (rows(1, 1, scale).expand(3, -1).clone().requires_grad_(), rows(3, 1, scale).requires_grad_()):
        distances = similarity.distance(similarity.matrix(x, x))
        triplet_loss(distances[0, 1:2], distances[0, 2:3]).mean().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()
