"""What every registered loss on numbers promises."""

from __future__ import annotations

import pytest
import torch

from gemel.losses import (
    REGRESSION_LOSSES,
    RegressionLoss,
)
from gemel.randomness import torch_generator
from tests.contracts.losses.cases import (
    REGRESSION_CASES,
    made,
    named,
    rows,
)


@pytest.fixture(params=REGRESSION_CASES, ids=named(REGRESSION_CASES))
def regression_loss(request: pytest.FixtureRequest) -> RegressionLoss:
    loss: RegressionLoss = made("loss", REGRESSION_LOSSES, request.param)
    return loss


def test_regression_loss_is_least_for_the_truth_and_rises_either_way(regression_loss: RegressionLoss) -> None:
    truth = rows(9)[:, 0]
    costs = [regression_loss(truth[:, None] + away, truth) for away in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    assert all(cost.shape == () for cost in costs)
    assert costs[0] > costs[1] > costs[2] == 0
    assert costs[4] > costs[3] > costs[2]
    assert regression_loss.width(truth) == 1


def test_regression_loss_does_not_see_the_order_and_its_gradient_descends(regression_loss: RegressionLoss) -> None:
    told, truth = rows(9)[:, :1].clone().requires_grad_(), rows(9)[:, 1]
    order = torch.randperm(9, generator=torch_generator(0, "order"))
    cost = regression_loss(told, truth)
    torch.testing.assert_close(regression_loss(told[order], truth[order]), cost)
    cost.backward()
    assert told.grad is not None
    assert regression_loss(told - told.grad, truth) < cost
