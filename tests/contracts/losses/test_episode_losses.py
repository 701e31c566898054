"""What every registered loss on episodes promises."""

from __future__ import annotations

import pytest
import torch

from gemel.losses import (
    EPISODE_LOSSES,
    EpisodeLoss,
)
from gemel.randomness import torch_generator
from tests.contracts.losses.cases import (
    CLASSES,
    EPISODE_CASES,
    made,
    named,
    numbers,
    rows,
)


@pytest.fixture(params=EPISODE_CASES, ids=named(EPISODE_CASES))
def episode_loss(request: pytest.FixtureRequest) -> EpisodeLoss:
    loss: EpisodeLoss = made("loss", EPISODE_LOSSES, request.param)
    return loss


def test_episode_loss_is_one_number_never_below_zero(episode_loss: EpisodeLoss) -> None:
    for queries, classes in ((20, CLASSES), (1, 1), (3, 2)):
        cost = episode_loss(rows(queries)[:, :classes], numbers(queries, classes))
        assert cost.shape == ()
        assert cost >= 0


def test_a_higher_score_of_the_true_class_costs_less_and_of_another_more(episode_loss: EpisodeLoss) -> None:
    truth = torch.tensor([2])
    costs = {
        column: [episode_loss(torch.full((1, 4), 0.5).index_fill(1, torch.tensor([column]), score), truth)
                 for score in (0.5, 0.6, 0.9)]
        for column in range(4)
    }  # fmt: skip
    assert costs[2][0] > costs[2][1] > costs[2][2]
    for column in (0, 1, 3):
        assert costs[column][0] < costs[column][1] < costs[column][2]


def test_episode_loss_sees_neither_the_order_of_queries_nor_the_numbers_of_classes(episode_loss: EpisodeLoss) -> None:
    scores, truth = rows(20)[:, :CLASSES], numbers(20, CLASSES)
    order, names = (torch.randperm(count, generator=torch_generator(0, "order")) for count in (20, CLASSES))
    cost = episode_loss(scores, truth)
    torch.testing.assert_close(episode_loss(scores[order], truth[order]), cost)
    torch.testing.assert_close(episode_loss(scores[:, names], names.argsort()[truth]), cost)


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_episode_gradients_are_finite_and_fall_when_descended(episode_loss: EpisodeLoss, scale: float) -> None:
    x = rows(20, scale=scale)[:, :CLASSES].clone().requires_grad_()
    truth = numbers(20, CLASSES)
    first = episode_loss(x, truth)
    first.backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert episode_loss(x - x.grad, truth) < first


def test_an_episode_s_outputs_are_its_classes_and_its_figure_the_share_told_right(episode_loss: EpisodeLoss) -> None:
    scores, truth = torch.eye(4), torch.tensor([0, 1, 2, 1])
    assert episode_loss.metric == "accuracy"
    assert episode_loss.width(truth) == 3
    assert episode_loss.figure(scores, truth) == 0.75
    assert episode_loss.figure(torch.stack([scores, scores.flip(0)]), truth.expand(2, -1)) == 0.375
