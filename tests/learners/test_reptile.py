"""Reptile against its formula, written out."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gemel.adaptation import RunningScale
from gemel.batches import Episode, Labelled, Tasks
from gemel.learners import Reptile
from gemel.learners.reptile import batches
from gemel.randomness import seeded, torch_generator
from tests.learners.test_maml import SIDE, episode, small_parts


def made(**options: Any) -> Reptile:
    with seeded(0, "reptile"):
        return Reptile(**small_parts(), **options).double()


def whole(seed: int) -> Episode:
    """Return an episode whose support is one batch, in double precision: a tiny gradient's first step is long."""
    task = episode(seed, SIDE, torch.float64)
    return Episode(Labelled(task.support.items[:6], task.support.labels[:6]), task.query)


def test_the_optimiser_is_handed_the_mean_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, rate = [whole(seed) for seed in range(2)], 0.05
    learner = made(steps=3, rate=rate, batch=6)
    with seeded(1, "step"):
        learner(Tasks(tuple(tasks))).loss.backward()

    by_hand = made(steps=3, rate=rate, batch=6)
    theta = [value.detach().clone() for value in by_hand.network.parameters()]
    squares, count, ways = [torch.zeros_like(value) for value in theta], 0, [torch.zeros_like(value) for value in theta]
    for task in tasks:
        for value, start in zip(by_hand.network.parameters(), theta, strict=True):
            value.data.copy_(start)
        for _ in range(3):
            loss = torch.nn.functional.cross_entropy(by_hand.network(task.support.items), task.support.labels)
            count += 1
            for value, square, gradient in zip(
                by_hand.network.parameters(),
                squares,
                torch.autograd.grad(loss, list(by_hand.network.parameters())),
                strict=True,
            ):
                square.mul_(0.999).add_(0.001 * gradient**2)
                value.data -= rate * gradient / ((square / (1 - 0.999**count)).sqrt() + 1e-8)
        for way, start, value in zip(ways, theta, by_hand.network.parameters(), strict=True):
            way += (start - value.detach()) / 2
    for value, way in zip(learner.network.parameters(), ways, strict=True):
        torch.testing.assert_close(value.grad, way)


def test_the_paper_s_step_moves_the_start_towards_where_tasks_lead() -> None:
    learner, task = made(steps=2, batch=6), whole(3)
    optimizer = torch.optim.SGD(learner.parameters(), lr=0.5)
    before = {name: value.detach().clone() for name, value in learner.network.named_parameters()}
    with seeded(1, "step"):
        learner(task).loss.backward()
    reached = {name: before[name] - value.grad for name, value in learner.network.named_parameters()}
    optimizer.step()
    for name, value in learner.network.named_parameters():
        torch.testing.assert_close(value, before[name] + 0.5 * (reached[name] - before[name]))


def test_the_running_scale_learns_in_training_alone() -> None:
    rule, gradient = RunningScale({"a.b": torch.zeros(2)}, rate=0.1), {"a.b": torch.tensor([2.0, -0.5])}
    assert torch.equal(rule.eval()({"a.b": torch.zeros(2)}, gradient, 0)["a.b"], torch.tensor([-0.1, 0.1]))
    stepped = rule.train()({"a.b": torch.zeros(2)}, gradient, 0)["a.b"]
    torch.testing.assert_close(stepped, torch.tensor([-0.1, 0.1]))
    kept = {name: value.clone() for name, value in rule.state_dict().items()}
    rule.eval()({"a.b": torch.zeros(2)}, {"a.b": torch.full((2,), 9.0)}, 1)
    assert all(torch.equal(value, kept[name]) for name, value in rule.state_dict().items())


def test_batches_meet_every_item_once_a_round() -> None:
    drawn = batches(7, 3, torch_generator(0))
    for _ in range(2):
        assert sorted(torch.cat([next(drawn) for _ in range(3)]).tolist()) == list(range(7))
    assert len(next(batches(4, 10, torch_generator(0)))) == 4


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="they must be >= 1, >= 1, >= 2 and > 0"):
        made(batch=1)
