"""What every registered loss on pairs promises."""

from __future__ import annotations

import copy

import pytest
import torch

from gemel.losses import (
    PAIR_LOSSES,
    PairLoss,
)
from gemel.similarity import Similarity
from tests.contracts.losses.cases import (
    PAIR_CASES,
    Case,
    made,
    named,
    numbers,
    rows,
)


@pytest.fixture(params=PAIR_CASES, ids=named(PAIR_CASES))
def pair_loss(request: pytest.FixtureRequest) -> PairLoss:
    loss: PairLoss = made("loss", PAIR_LOSSES, request.param)
    return loss


def test_pair_loss_is_one_number_a_pair_never_below_zero(pair_loss: PairLoss, similarity: Similarity) -> None:
    score, same = similarity(rows(50, 1), rows(50, 2)), numbers(50, 2)
    losses = pair_loss(score, same, similarity)
    assert losses.shape == (50,)
    assert losses.dtype == torch.float32
    assert (losses >= 0).all()
    assert torch.equal(losses[7:8], pair_loss(score[7:8], same[7:8], similarity))
    assert pair_loss(score[:0], same[:0], similarity).shape == (0,)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32])
def test_pair_loss_takes_same_in_any_type(pair_loss: PairLoss, similarity: Similarity, dtype: torch.dtype) -> None:
    score, same = similarity(rows(9, 1), rows(9, 2)), numbers(9, 2)
    assert torch.equal(pair_loss(score, same.to(dtype), similarity), pair_loss(score, same, similarity))


def test_a_higher_score_costs_same_pairs_less_and_different_pairs_more(
    pair_loss: PairLoss, similarity: Similarity
) -> None:
    score = similarity.highest - torch.linspace(3, 0, 40)  # rising
    same = pair_loss(score, torch.ones(40), similarity)
    different = pair_loss(score, torch.zeros(40), similarity)
    assert (same.diff() <= 0).all()
    assert same[-1] < same[0]
    assert (different.diff() >= 0).all()
    assert different[-1] > different[0]


def test_pair_loss_does_not_see_the_order_in_a_pair(pair_loss: PairLoss, similarity: Similarity) -> None:
    a, b, same = rows(30, 1), rows(30, 2), numbers(30, 2)
    assert torch.equal(
        pair_loss(similarity(a, b), same, similarity),
        pair_loss(similarity(b, a), same, similarity),
    )


@pytest.mark.parametrize("scale", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("same", [0, 1])
def test_pair_gradients_are_finite_at_zero_distance(
    pair_loss: PairLoss, similarity: Similarity, same: int, scale: float
) -> None:
    x = rows(1, 1, scale).expand(6, -1).clone().requires_grad_()  # all embeddings equal
    score = similarity.matrix(x, x).flatten()
    pair_loss(score, torch.full((36,), same), similarity).mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_pair_gradients_are_finite_far_off(pair_loss: PairLoss, similarity: Similarity) -> None:
    a, b = rows(40, 1, 1000.0).requires_grad_(), rows(40, 2, 1000.0)
    losses = pair_loss(similarity(a, b), numbers(40, 2), similarity)
    losses.mean().backward()
    assert losses.isfinite().all()
    assert a.grad is not None
    assert a.grad.isfinite().all()


def test_pair_loss_descends(pair_loss: PairLoss, similarity: Similarity) -> None:
    x, same = rows(12, 1, 0.1).requires_grad_(), numbers(144, 2)
    optimiser = torch.optim.Adam([x], lr=0.01)
    costs = []
    for _ in range(10):
        cost = pair_loss(similarity.matrix(x, x).flatten(), same, similarity).mean()
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        costs.append(cost.item())
    assert costs[-1] < costs[0]


@pytest.mark.parametrize("case", PAIR_CASES, ids=named(PAIR_CASES))
def test_pair_loss_after_save_and_load(case: Case, similarity: Similarity) -> None:
    loss, other = made("loss", PAIR_LOSSES, case), made("loss", PAIR_LOSSES, case)
    with torch.no_grad():
        for parameter in loss.parameters():
            parameter.add_(0.25)
    other.load_state_dict(copy.deepcopy(loss.state_dict()))
    score, same = similarity(rows(20, 1), rows(20, 2)), numbers(20, 2)
    assert torch.equal(other(score, same, similarity), loss(score, same, similarity))
