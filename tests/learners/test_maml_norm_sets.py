"""MAML++'s batch norms per step against an inner loop written out on a tiny network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.batches import Episode, Tasks
from gemel.encoders import Encoder
from gemel.learners import MAML
from gemel.losses import CrossEntropy
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Cosine
from tests.learners.test_maml import WAYS, episode

RATE, MAPS, SIDE = 0.3, 2, 3

#: A batch norm's running mean and variance, and weight and bias.
Set = tuple[Tensor, Tensor, Tensor, Tensor]


class Tiny(Encoder):
    """One number a pixel -> two, a batch norm, and the mean of each map's squares."""

    def __init__(self) -> None:
        super().__init__(1, MAPS)
        self.mix, self.norm = nn.Conv2d(1, MAPS, 1, bias=False), nn.BatchNorm2d(MAPS)

    def features(self, items: Tensor) -> Tensor:
        return self.norm(self.mix(items)).square()

    def forward(self, items: Tensor) -> Tensor:
        return self.features(items).mean((2, 3))


def made(**options: Any) -> MAML:
    """Return a learner whose sets differ, in double precision."""
    with seeded(0, "tiny"):
        chosen = {"rate": RATE, "batch_norm": "per_step", **options}
        learner = MAML(encoder=Tiny(), similarity=Cosine(), loss=CrossEntropy(), size=(SIDE, SIDE), ways=WAYS, **chosen)
    generator = torch_generator(1, "sets")
    for name, value in learner.network.state_dict().items():
        if "sets" in name and value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return learner.double()


def sets_of(learner: MAML) -> list[Set]:
    """Return each step's running mean, running variance, weight and bias; the first two are copies."""
    norms = list(learner.network.encoder.norm.sets)  # type: ignore[union-attr, arg-type]
    return [(norm.running_mean.clone(), norm.running_var.clone(), norm.weight, norm.bias) for norm in norms]  # type: ignore[operator, union-attr]


def outputs(mix: Tensor, head: Tensor, bias: Tensor, norm: Set, items: Tensor, training: bool) -> Tensor:
    """Return the tiny network's logits; in training the set's running statistics move."""
    maps = functional.batch_norm(functional.conv2d(items, mix), *norm, training=training)
    return maps.square().mean((2, 3)) @ head.T + bias


def by_hand(learner: MAML, task: Episode, used: list[int], training: bool, order: int = 2) -> tuple[Tensor, list[Set]]:
    """Return the queries' logits after steps that use these sets, the last serving the queries, and all sets after."""
    network, sets = learner.network, sets_of(learner)
    phi = [network.encoder.mix.weight, network.head.weight, network.head.bias]  # type: ignore[union-attr]
    for step in used:
        told = outputs(*phi, sets[step], task.support.items, training)  # type: ignore[arg-type, misc]
        loss = functional.cross_entropy(told, task.support.labels)
        slopes = torch.autograd.grad(loss, phi, create_graph=True)  # type: ignore[arg-type]
        slopes = slopes if order == 2 else tuple(slope.detach() for slope in slopes)
        phi = [value - RATE * slope for value, slope in zip(phi, slopes, strict=True)]  # type: ignore[operator]
    return outputs(*phi, sets[used[-1]], task.query.items, training), sets  # type: ignore[arg-type, misc]


def task_of(seed: int) -> Episode:
    return episode(seed, SIDE, torch.float64)


@pytest.mark.parametrize("order", [1, 2])
def test_each_step_s_set_serves_that_step_and_the_last_one_the_queries(order: int) -> None:
    learner, task = made(steps=3, order=order), task_of(1)
    told, sets = by_hand(learner, task, [0, 1, 2], training=True, order=order)
    expected = functional.cross_entropy(told, task.query.labels)
    slopes = torch.autograd.grad(expected, list(learner.network.parameters()), materialize_grads=True)
    step = learner(task)
    torch.testing.assert_close(step.loss, expected)
    step.loss.backward()
    for (name, value), slope in zip(learner.network.named_parameters(), slopes, strict=True):
        torch.testing.assert_close(value.grad, slope, msg=name)
        assert value.grad is not None
        assert bool(value.grad.any()) == (order == 2 or ".sets." not in name or ".sets.2." in name)
    for found, after in zip(sets_of(learner), sets, strict=True):
        torch.testing.assert_close(found[:2], after[:2])  # running statistics


def test_statistics_of_a_batch_are_the_mean_over_its_tasks_of_each_step_s() -> None:
    tasks = [task_of(seed) for seed in range(3)]
    each = [by_hand(made(steps=2), task, [0, 1], training=True)[1] for task in tasks]
    for together in (1, 3):
        learner = made(steps=2, together=together)
        learner(Tasks(tuple(tasks)))
        for step, found in enumerate(sets_of(learner)):
            for place in (0, 1):
                expected = torch.stack([one[step][place] for one in each]).mean(0)
                torch.testing.assert_close(found[place], expected)


@pytest.mark.parametrize("transductive", [True, False])
def test_answers_take_the_batch_s_statistics_or_each_step_s_running_ones(transductive: bool) -> None:
    learner, task = made(steps=2, test_steps=4, transductive=transductive).float().eval(), episode(2, SIDE)
    before = {name: value.clone() for name, value in learner.state_dict().items()}
    told, _ = by_hand(learner, task, [0, 1, 1, 1], training=transductive)  # beyond the last set, the last
    classifier = learner.adapt(task.support)
    together, apart = classifier.scores(task.query.items), classifier.scores(task.query.items[:2])
    torch.testing.assert_close(together, told.detach())
    assert torch.allclose(together[:2], apart) != transductive  # answers have company, or none
    assert all(torch.equal(value, before[name]) for name, value in learner.state_dict().items())


def test_a_support_set_changes_no_set() -> None:
    learner = made(steps=2)
    assert set(learner.changing()) == {"encoder.mix.weight", "head.weight", "head.bias"}
    assert not any("norm" in name for name in made(steps=2, rule="per_step").rule.state_dict())


def test_by_themselves_items_are_compared_by_the_first_step_s_set() -> None:
    learner, items = made(steps=2).float().eval(), episode(3, SIDE).query.items
    norm, mix = sets_of(learner)[0], learner.network.encoder.mix.weight  # type: ignore[union-attr]
    maps = functional.batch_norm(functional.conv2d(items, mix), *norm).square().mean((2, 3))  # type: ignore[arg-type]
    expected = torch.cosine_similarity(maps[0], maps[5], dim=0)
    torch.testing.assert_close(learner.score(items[:1], items[5:6])[0], expected)


def test_the_first_training_steps_are_of_first_order() -> None:
    annealed, task = made(steps=2, first_order_steps=2), task_of(4)
    for expected in (1, 1, 2, 2):
        plain = made(steps=2, order=expected)
        plain.load_state_dict(annealed.state_dict())
        found = []
        for learner in (annealed, plain):
            learner.zero_grad()
            learner(task).loss.backward()
            found.append({name: value.grad for name, value in learner.named_parameters()})
        assert all(torch.equal(found[0][name], slope) for name, slope in found[1].items())  # type: ignore[arg-type]
    assert made(order=1, first_order_steps=1).order_now == made(order=1).order_now == 1
