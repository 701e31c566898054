"""MAML against gradients derived by hand, and what its variants leave out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gemel.batches import Episode, Labelled, Tasks
from gemel.encoders import Conv4, Pixels
from gemel.learners import MAML
from gemel.learners.adaptive import Shared
from gemel.losses import CrossEntropy, MeanSquaredError
from gemel.randomness import seeded, torch_generator
from gemel.similarity import Cosine

WAYS, SHOTS, QUERIES, SIDE = 3, 2, 4, 8


def linear_parts() -> Shared:
    """Return what makes a network of one linear layer: 4 pixels -> 3 classes."""
    return {
        "encoder": Pixels(1, (2, 2)),
        "similarity": Cosine(),
        "loss": MeanSquaredError(),
        "size": (2, 2),
        "ways": WAYS,
    }


def small_parts() -> Shared:
    return {
        "encoder": Conv4(1, filters=4),
        "similarity": Cosine(),
        "loss": CrossEntropy(),
        "size": (SIDE, SIDE),
        "ways": WAYS,
    }


def linear(**options: Any) -> MAML:
    """Return a learner whose network is one linear layer, in double precision: 4 pixels -> 3 classes."""
    with seeded(0, "linear"):
        return MAML(**linear_parts(), **options).double()


def small(**options: Any) -> MAML:
    with seeded(0, "small"):
        return MAML(**small_parts(), **options)


def episode(seed: int, side: int, dtype: torch.dtype = torch.float32) -> Episode:
    def part(count: int) -> Labelled:
        labels = torch.arange(WAYS).repeat_interleave(count)
        items = torch.randn(len(labels), 1, side, side, generator=torch_generator(seed, count), dtype=dtype)
        return Labelled(items + labels.view(-1, 1, 1, 1), labels)

    return Episode(part(SHOTS), part(QUERIES))


def gradients(learner: MAML, batch: Episode | Tasks) -> dict[str, Tensor]:
    learner.zero_grad()
    learner(batch).loss.backward()
    return {name: parameter.grad for name, parameter in learner.named_parameters() if parameter.grad is not None}


def by_hand(weights: np.ndarray, task: Episode, rate: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of ``mean |X W - Y|^2`` after the steps, with and without second-order terms: (5, 3) twice.

    With ``L(W) = |X W - Y|^2 / n`` the gradient is ``2 X^T (X W - Y) / n`` and the Hessian ``H = 2 X^T X / n`` whatever
    W, so that ``d phi_k / d W = (I - rate H)^k``.
    """

    def parts(batch: Labelled) -> tuple[np.ndarray, np.ndarray, int]:
        x = np.concatenate([batch.items.flatten(1).numpy(), np.ones((len(batch.items), 1))], 1)
        return x, np.eye(WAYS)[batch.labels.numpy()], len(x) * WAYS

    x, y, n = parts(task.support)
    adapted, hessian = weights, 2 * x.T @ x / n
    for _ in range(steps):
        adapted = adapted - rate * 2 * x.T @ (x @ adapted - y) / n
    x, y, n = parts(task.query)
    first = 2 * x.T @ (x @ adapted - y) / n
    return np.linalg.matrix_power(np.eye(5) - rate * hessian, steps) @ first, first


@pytest.mark.parametrize("steps", [1, 3])
def test_the_gradient_is_the_one_derived_by_hand_on_a_linear_model(steps: int) -> None:
    task = episode(1, 2, torch.float64)
    for order in (2, 1):
        learner = linear(steps=steps, rate=0.1, order=order)
        head = learner.network.head
        weights = torch.cat([head.weight, head.bias[:, None]], 1).detach().numpy().T  # (5, 3)
        second, first = by_hand(weights, task, 0.1, steps)
        found = gradients(learner, task)
        got = np.concatenate(
            [found[f"similarity.network.head.{name}"].view(WAYS, -1).numpy() for name in ("weight", "bias")], 1
        ).T
        np.testing.assert_allclose(got, second if order == 2 else first, rtol=1e-6, atol=1e-9)
    assert np.abs(second - first).max() > 1e-3


def test_first_order_is_the_gradient_where_the_steps_lead() -> None:
    learner, task = small(steps=2, order=1), episode(2, SIDE)
    found = gradients(learner, task)
    *_, reached = learner.descended(learner.functions[True], task.support, WAYS, 2, order=0)
    names = [name for name, _ in learner.network.named_parameters()]
    reached = {name: value.detach().requires_grad_(name in names) for name, value in reached.items()}
    loss = learner.loss(learner.functions[True](reached, task.query.items), task.query.labels)
    for name, expected in zip(names, torch.autograd.grad(loss, [reached[name] for name in names]), strict=True):
        torch.testing.assert_close(found[f"similarity.network.{name}"], expected, rtol=1e-4, atol=1e-6)


def test_a_batch_of_tasks_is_the_mean_of_each() -> None:
    learner, tasks = small(), [episode(seed, SIDE) for seed in range(3)]
    together = gradients(learner, Tasks(tuple(tasks)))
    each = [gradients(learner, task) for task in tasks]
    for name, gradient in together.items():
        torch.testing.assert_close(gradient, sum(one[name] for one in each) / 3, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    "options",
    [
        {"steps": 2},
        {"steps": 2, "order": 1, "rate": 0.1},
        {"steps": 2, "rule": "per_step", "multi_step": 9},
        {"rule": "per_number", "adapts": "body"},
        {"steps": 2, "batch_norm": "per_step", "rule": "per_step", "first_order_steps": 5},
        {"steps": 0},
    ],
    ids=str,
)
def test_tasks_side_by_side_are_as_one_after_another(options: dict[str, Any]) -> None:
    tasks = Tasks(tuple(episode(seed, SIDE, torch.float64) for seed in range(5)))
    alone, together = small(**options).double(), small(**options, together=3).double()
    expected, found = gradients(alone, tasks), gradients(together, tasks)
    assert expected.keys() == found.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient)
    first, second = alone.eval()(tasks), together.eval()(tasks)
    torch.testing.assert_close(second.loss, first.loss)
    torch.testing.assert_close(second.metrics, first.metrics)


@pytest.mark.parametrize("batch_norm", ["batch", "per_step"])
@pytest.mark.parametrize("together", [1, 2])
def test_tasks_in_threads_are_as_one_after_another_and_always_the_same(together: int, batch_norm: str) -> None:
    tasks, before = Tasks(tuple(episode(seed, SIDE, torch.float64) for seed in range(5))), torch.get_num_threads()
    found, kept = [], []
    try:
        for cores in (1, 2, 2):
            torch.set_num_threads(cores)
            learner = small(steps=2, together=together, batch_norm=batch_norm).double()
            assert learner.threads == cores
            found.append(gradients(learner, tasks))
            kept.append({name: buffer.clone() for name, buffer in learner.network.named_buffers()})
    finally:
        torch.set_num_threads(before)
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient)
        assert torch.equal(found[1][name], found[2][name])
    for name, buffer in kept[0].items():
        torch.testing.assert_close(kept[1][name], buffer)
        assert torch.equal(kept[1][name], kept[2][name])


def test_tasks_of_a_network_that_draws_go_one_after_another() -> None:
    learner = small()
    learner.network.head = nn.Sequential(nn.Dropout(0.5), learner.network.head)  # type: ignore[assignment]
    assert learner.threads == 1


def test_how_many_go_side_by_side_is_chosen_once_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, before = Tasks(tuple(episode(seed, SIDE, torch.float64) for seed in range(6))), torch.get_num_threads()
    for options, cores, way in (
        ({}, 1, "tasks: one after another"),
        ({}, 2, "tasks: one in each of 2 threads"),
        ({"together": 1}, 2, None),
        ({"rule": "lstm", "order": 1}, 2, None),
    ):
        learner = small(**options).double()
        try:
            torch.set_num_threads(cores)
            learner(tasks)
        finally:
            torch.set_num_threads(before)
        assert (learner.way, learner.together) == (way, 1)

    asked: list[list[int]] = []

    def fastest(run: Callable[[int], None], counts: list[int]) -> int:
        asked.append(counts)
        for count in counts:
            run(count)
        return 4

    monkeypatch.setattr("gemel.learners.maml.fastest", fastest)
    learner, named = small().double(), small(together=4).double()
    state = {name: value.clone() for name, value in learner.state_dict().items()}
    with seeded(0, "step"):
        drawn = torch.get_rng_state()
        assert learner.fastest_together(tasks.episodes, list(learner.parameters())) == 4
        assert torch.equal(torch.get_rng_state(), drawn)
    assert asked == [[1, 4, 6]]
    assert all(torch.equal(value, state[name]) for name, value in learner.state_dict().items())

    monkeypatch.setattr("gemel.learners.maml.TOGETHER", {})
    found, expected = gradients(learner, tasks), gradients(named, tasks)
    assert all(torch.equal(found[name], gradient) for name, gradient in expected.items())
    learner(tasks)
    assert (learner.way, len(asked)) == ("tasks: 4 side by side", 2)


def test_running_statistics_take_the_mean_of_the_tasks() -> None:
    tasks = [episode(seed, SIDE) for seed in range(2)]
    one_by_one = [small() for _ in tasks]
    for learner, task in zip(one_by_one, tasks, strict=True):
        learner(task)
    for together in (small(), small(together=2)):
        together(Tasks(tuple(tasks)))
        for name, buffer in together.network.named_buffers():
            if buffer.is_floating_point():  # running means and variances
                each = torch.stack([dict(learner.network.named_buffers())[name] for learner in one_by_one])
                torch.testing.assert_close(buffer, each.mean(0), rtol=1e-4, atol=1e-6)


def test_without_a_step_it_learns_all_tasks_as_one() -> None:
    learner, task = small(steps=0, test_steps=2), episode(8, SIDE)
    found = gradients(learner, task)
    loss = learner.loss(learner.functions[True](learner.numbers(), task.query.items), task.query.labels)
    expected = torch.autograd.grad(loss, list(learner.network.parameters()))
    for (name, _), gradient in zip(learner.network.named_parameters(), expected, strict=True):
        torch.testing.assert_close(found[f"similarity.network.{name}"], gradient)
    assert changed(learner, task)


def test_a_path_begins_with_the_network_and_each_step_goes_on_from_the_last() -> None:
    learner, task = small(steps=3, rate=0.1).eval(), episode(9, SIDE)
    path = list(learner.path(task.support, 3))
    assert len(path) == 4
    assert all(torch.equal(path[0][name], value) for name, value in learner.numbers().items())
    assert not any(value.requires_grad for numbers in path for value in numbers.values())
    adapted = learner.adapted(task.support)
    assert all(torch.equal(path[3][name], value) for name, value in adapted.items())
    for before, after in itertools.pairwise(path):
        leaves = {name: before[name].clone().requires_grad_() for name in learner.changing()}
        loss = learner.loss(learner.functions[False]({**before, **leaves}, task.support.items), task.support.labels)
        for (name, leaf), slope in zip(leaves.items(), torch.autograd.grad(loss, list(leaves.values())), strict=True):
            torch.testing.assert_close(after[name], leaf.detach() - 0.1 * slope)


def peak_of_saved_bytes(learner: MAML, batch: Tasks) -> int:
    """Return how many bytes autograd held at most."""
    held, peak = 0, 0

    class Held:
        def __init__(self, tensor: Tensor) -> None:
            nonlocal held, peak
            self.tensor, self.size = tensor, tensor.numel() * tensor.element_size()
            held += self.size
            peak = max(peak, held)

        def __del__(self) -> None:
            nonlocal held
            held -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Held, lambda kept: kept.tensor):
        learner(batch)
    return peak


def test_memory_does_not_grow_with_the_tasks_and_first_order_holds_less() -> None:
    one, many = (Tasks(tuple(episode(seed, SIDE) for seed in range(count))) for count in (1, 6))
    peak = peak_of_saved_bytes(small(), one)
    assert peak_of_saved_bytes(small(), many) <= 1.01 * peak
    assert peak_of_saved_bytes(small(order=1), one) < 0.75 * peak


def changed(learner: MAML, task: Episode) -> set[str]:
    """Return the tensors that a support set changes."""
    before, after = learner.numbers(), learner.adapted(task.support)
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("together", [1, 2])
def test_where_the_head_alone_adapts_the_encoder_runs_once_to_the_same_gradient(order: int, together: int) -> None:
    tasks = [episode(seed, SIDE, torch.float64) for seed in range(2)]
    learner = small(adapts="head", steps=3, rate=0.1, order=order, together=together).double()
    found, function, numbers = gradients(learner, Tasks(tuple(tasks))), learner.functions[True], learner.numbers()

    def loss_after_steps(task: Episode) -> Tensor:
        head = learner.changing()
        for _ in range(3):
            loss = learner.loss(function({**numbers, **head}, task.support.items), task.support.labels)
            slopes = torch.autograd.grad(loss, list(head.values()), create_graph=order == 2)
            head = {name: value - 0.1 * slope for (name, value), slope in zip(head.items(), slopes, strict=True)}
        return learner.loss(function({**numbers, **head}, task.query.items), task.query.labels)

    names = [name for name, _ in learner.network.named_parameters()]
    slow = torch.autograd.grad(sum(loss_after_steps(task) for task in tasks) / 2, list(learner.network.parameters()))
    for name, expected in zip(names, slow, strict=True):
        torch.testing.assert_close(found[f"similarity.network.{name}"], expected)


def test_what_adapts_is_all_the_head_or_the_body() -> None:
    task = episode(3, SIDE)
    every = {name for name, _ in small().network.named_parameters()}
    head = {name for name in every if name.startswith("head.")}
    for adapts, expected in (("all", every), ("head", head), ("body", every - head)):
        learner = small(adapts=adapts)
        learner.eval()
        assert changed(learner, task) == expected
        assert gradients(learner, task).keys() == {f"similarity.network.{name}" for name in every}  # all are learnt


def test_learned_rates_start_at_the_rate_and_are_learnt() -> None:
    task = episode(4, SIDE)
    fixed = small(steps=2, rate=0.2).eval()
    for rule, count in (("per_step", 2), ("per_number", None)):
        learner = small(steps=2, rate=0.2, rule=rule).eval()
        expected, found = fixed.adapted(task.support), learner.adapted(task.support)
        for name in expected:
            torch.testing.assert_close(found[name], expected[name])
        learnt = {name: gradient for name, gradient in gradients(learner, task).items() if name.startswith("rule.")}
        assert len(learnt) == len(learner.changing())
        assert all(gradient.abs().max() > 0 for gradient in learnt.values())
        sizes = {gradient.numel() for gradient in learnt.values()}
        assert sizes == ({count} if count else {value.numel() for value in learner.changing().values()})


def test_every_step_counts_at_first_and_the_last_alone_in_the_end() -> None:
    learner, task = small(steps=4, multi_step=10), episode(5, SIDE)
    assert learner.shares() == [0.0] + [0.25] * 4
    for _ in range(5):
        learner(task)
    assert learner.shares() == [0.0] + [0.125] * 3 + [0.625]
    for _ in range(9):
        learner(task)
    assert learner.shares() == [0.0] * 4 + [1.0]
    assert small(steps=3).shares() == [0.0, 0.0, 0.0, 1.0]
    assert small(steps=0, multi_step=10).shares() == [1.0]


def test_queries_share_their_statistics_only_where_they_may() -> None:
    task = episode(6, SIDE)
    for options, company in (({}, True), ({"transductive": False}, False), ({"batch_norm": "running"}, False)):
        learner = small(**options).eval()
        classifier = learner.adapt(task.support)
        together, apart = classifier.scores(task.query.items), classifier.scores(task.query.items[:2])
        assert torch.allclose(together[:2], apart, rtol=1e-4, atol=1e-4) != company


def test_training_keeps_running_statistics_and_answering_leaves_them() -> None:
    learner, task = small(), episode(7, SIDE)
    norm = next(module for module in learner.network.modules() if isinstance(module, nn.BatchNorm2d))
    before = norm.running_mean.clone()
    learner.eval().adapt(task.support).scores(task.query.items)
    assert torch.equal(norm.running_mean, before)
    learner.train()(task)
    assert not torch.equal(norm.running_mean, before)


def test_options_out_of_range_are_refused() -> None:
    for options in ({"steps": -1}, {"rate": 0.0}, {"test_steps": -1}, {"multi_step": -1}, {"first_order_steps": -1}):
        with pytest.raises(ValueError, match="they must be >= 0, and the rate > 0"):
            small(**options)
    for options in ({"together": -1}, {"together": 2, "rule": "lstm", "order": 1}):
        with pytest.raises(ValueError, match="it must be 0 or more, and 0 or 1 for rule lstm"):
            small(**options)
    for options in ({"order": 3}, {"adapts": "tail"}, {"rule": "many"}):
        with pytest.raises(ValueError, match="they must be 1 or 2, one of all, head, body, and one of fixed, per_step"):
            small(**options)
    with pytest.raises(ValueError, match="batch_norm is 'none'; it must be 'batch' or 'running' or 'per_step'"):
        small(batch_norm="none")
