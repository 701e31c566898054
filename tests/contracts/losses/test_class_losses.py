"""What every registered loss on classes promises."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from gemel.losses import (
    CLASS_LOSSES,
    ClassLoss,
)
from gemel.randomness import seeded, torch_generator
from gemel.registry import build
from tests.contracts.losses.cases import (
    CLASS_CASES,
    CLASSES,
    DIMENSIONS,
    Case,
    made,
    named,
    numbers,
    rows,
)


@pytest.fixture(params=CLASS_CASES, ids=named(CLASS_CASES))
def class_loss(request: pytest.FixtureRequest) -> ClassLoss:
    loss: ClassLoss = made("loss", CLASS_LOSSES, request.param)
    return loss


def cost_and_gradient(loss: ClassLoss, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and its gradient, by a copy of the loss: one may keep state between batches."""
    x = embeddings.clone().requires_grad_()
    cost = copy.deepcopy(loss)(x, labels)
    cost.backward()
    assert x.grad is not None
    return cost.detach(), x.grad


def test_class_loss_is_one_number_never_below_zero(class_loss: ClassLoss) -> None:
    cost, gradient = cost_and_gradient(class_loss, rows(20), numbers(20, CLASSES))
    assert cost.shape == ()
    assert cost.dtype == torch.float32
    assert cost >= 0
    assert gradient.abs().max() > 0


BATCHES = {
    "all equal": (rows(1).expand(8, -1), numbers(8, CLASSES)),
    "all zero": (torch.zeros(8, DIMENSIONS), numbers(8, CLASSES)),
    "one class": (rows(8), torch.full((8,), 2)),
    "one class, all equal": (rows(1).expand(8, -1), torch.full((8,), 2)),
    "one item": (rows(1), torch.tensor([3])),
    "one item a class": (rows(CLASSES), torch.arange(CLASSES)),
    "long": (rows(8, scale=100.0), numbers(8, CLASSES)),
    "short": (rows(8, scale=1e-5), numbers(8, CLASSES)),
}


@pytest.mark.parametrize("batch", BATCHES)
def test_class_gradients_are_finite(class_loss: ClassLoss, batch: str) -> None:
    cost, gradient = cost_and_gradient(class_loss, *BATCHES[batch])
    assert cost.isfinite()
    assert gradient.isfinite().all()


def test_class_loss_does_not_see_the_order_of_a_batch(class_loss: ClassLoss) -> None:
    embeddings, labels = rows(20), numbers(20, CLASSES)
    order = torch.randperm(20, generator=torch_generator(0, "order"))
    cost, gradient = cost_and_gradient(class_loss, embeddings, labels)
    shuffled_cost, shuffled_gradient = cost_and_gradient(class_loss, embeddings[order], labels[order])
    torch.testing.assert_close(shuffled_cost, cost, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(shuffled_gradient, gradient[order], atol=1e-6, rtol=1e-4)


def test_class_loss_gives_the_same_bits_again(class_loss: ClassLoss) -> None:
    batch = rows(20), numbers(20, CLASSES)
    for first, second in zip(cost_and_gradient(class_loss, *batch), cost_and_gradient(class_loss, *batch), strict=True):
        assert torch.equal(first, second)


def test_autocast_changes_nothing(class_loss: ClassLoss) -> None:
    batch = rows(20), numbers(20, CLASSES)
    expected, _ = cost_and_gradient(class_loss, *batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cost, gradient = cost_and_gradient(class_loss, *batch)
    assert torch.equal(cost, expected)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("case", CLASS_CASES, ids=named(CLASS_CASES))
def test_class_loss_after_save_and_load(case: Case) -> None:
    loss: ClassLoss = made("loss", CLASS_LOSSES, case)
    for seed in range(3):  # a loss may learn from the batches it sees
        loss(rows(20, seed), numbers(20, CLASSES, seed))
    with seeded(2, "another start"):
        other = build("loss", CLASS_LOSSES, {"name": case[0], **case[1]}, dimensions=DIMENSIONS, classes=CLASSES)
    other.load_state_dict(copy.deepcopy(loss.state_dict()))
    batch = rows(20, 9), numbers(20, CLASSES, 9)
    assert torch.equal(cost_and_gradient(loss, *batch)[0], cost_and_gradient(other, *batch)[0])


def test_class_loss_falls_when_descended(class_loss: ClassLoss) -> None:
    x, labels = rows(30).requires_grad_(), numbers(30, CLASSES)
    optimiser = torch.optim.SGD([x, *class_loss.parameters()], lr=0.05)
    costs = []
    for _ in range(30):
        cost = class_loss(x, labels)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        costs.append(cost.item())
    assert costs[-1] < costs[0]
