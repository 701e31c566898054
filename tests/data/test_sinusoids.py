from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gemel.data.sinusoids import AMPLITUDES, INPUTS, PHASES, SinusoidFeed, Sinusoids
from gemel.randomness import torch_generator

CPU = torch.device("cpu")


def test_values_and_items_by_hand() -> None:
    waves = Sinusoids(torch.tensor([2.0, 3.0]), torch.tensor([0.0, math.pi / 2]))
    x = torch.tensor([[math.pi / 2, 0.0], [math.pi / 2, math.pi]])
    torch.testing.assert_close(waves(x), torch.tensor([[2.0, 0.0], [0.0, 3.0]]), rtol=0, atol=1e-6)
    assert waves.items(x).shape == (2, 2, 1, 1, 1)
    assert torch.equal(waves.items(x).flatten(1), x)
    told = waves.items(x, told=True)
    assert told.shape == (2, 2, 3, 1, 1)
    assert told[1, 0].flatten().tolist() == pytest.approx([math.pi / 2, 3.0, math.pi / 2])


def test_what_is_drawn_fills_the_paper_s_ranges() -> None:
    generator = torch_generator(0, "drawn")
    waves = Sinusoids.draw(2000, generator)
    x = torch.cat([task.query.items.flatten() for task in waves.episodes(1, 2, generator)])
    for values, (low, high) in ((waves.amplitude, AMPLITUDES), (waves.phase, PHASES), (x, INPUTS)):
        assert low <= values.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < values.max() <= high
        assert values.mean() == pytest.approx((low + high) / 2, abs=0.03 * (high - low))


def flat(feed: SinusoidFeed, step: int) -> tuple[Tensor, Tensor]:
    tasks = feed.batch(step).episodes
    items = torch.cat([part for task in tasks for part in task.parts()])
    return items, torch.cat([part for task in tasks for part in (task.support.labels, task.query.labels)])


def test_a_step_s_tasks_come_from_seed_and_step_alone() -> None:
    feed, other = (SinusoidFeed(seed, CPU, shots=3, queries=4, tasks=2) for seed in (0, 1))
    tasks = feed.batch(5).episodes
    assert [(len(task.support.items), len(task.query.items)) for task in tasks] == [(3, 4)] * 2
    first = flat(feed, 5)
    feed.batch(6)
    assert all(torch.equal(a, b) for a, b in zip(first, flat(feed, 5), strict=True))
    for another in (flat(feed, 6), flat(other, 5)):
        assert not torch.equal(first[0], another[0])


def test_the_told_tasks_are_the_same_tasks() -> None:
    plain, told = (flat(SinusoidFeed(3, CPU, told=known), 0) for known in (False, True))
    assert torch.equal(plain[0][:, 0], told[0][:, 0])
    assert torch.equal(plain[1], told[1])
    x, amplitude, phase = told[0].flatten(1).T
    torch.testing.assert_close(amplitude * torch.sin(x - phase), told[1])


def test_numbers_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="shots is 10, queries 0, tasks 25; each must be at least 1"):
        SinusoidFeed(0, CPU, queries=0)
