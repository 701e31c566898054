"""Mixed tasks by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gemel.batches import Episode, Labelled, Tasks
from gemel.data.task_mixing import mixed, mixed_tasks
from gemel.randomness import numpy_generator


def task(value: float, labels: torch.Tensor) -> Episode:
    return Episode(
        Labelled(torch.full((len(labels), 1, 2, 2), value), labels),
        Labelled(torch.full((len(labels), 1, 2, 2), value + 1), labels.flip(0)),
    )


def test_items_are_mixed_and_paired_classes_keep_their_number() -> None:
    found = mixed(task(0.0, torch.tensor([0, 1, 1])), task(10.0, torch.tensor([0, 1, 1])), 0.25)
    assert torch.equal(found.support.items, torch.full((3, 1, 2, 2), 7.5))
    assert torch.equal(found.query.items, torch.full((3, 1, 2, 2), 8.5))
    assert found.support.labels.tolist() == [0, 1, 1]
    assert found.query.labels.tolist() == [1, 1, 0]


def test_numbers_are_mixed_as_their_items_are() -> None:
    found = mixed(task(1.0, torch.tensor([4.0, -2.0])), task(3.0, torch.tensor([0.0, 6.0])), 0.75)
    assert found.support.labels.tolist() == [3.0, 0.0]
    assert found.query.labels.tolist() == [0.0, 3.0]
    assert torch.equal(found.support.items, torch.full((2, 1, 2, 2), 1.5))


@pytest.mark.parametrize("other", [torch.tensor([1, 0, 1]), torch.tensor([0, 1])])
def test_tasks_that_do_not_fit_are_refused(other: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="cannot be mixed"):
        mixed(task(0.0, torch.tensor([0, 1, 1])), task(1.0, other), 0.5)


def test_every_task_meets_another_once_from_either_side() -> None:
    labels, count = torch.tensor([0, 1]), 6
    tasks = Tasks(tuple(task(10.0**place, labels) for place in range(count)))
    generator = numpy_generator(3, "mixing")
    order, shares = generator.permutation(count), generator.beta(0.5, 0.5, count)
    found = mixed_tasks(tasks, 0.5, numpy_generator(3, "mixing"))
    assert sorted(order) == list(range(count))
    for place, episode in enumerate(found.episodes):
        a, b, share = order[place], order[(place + 1) % count], float(shares[place])
        assert a != b
        expected = share * 10.0**a + (1 - share) * 10.0**b
        torch.testing.assert_close(episode.support.items, torch.full((2, 1, 2, 2), expected))
    again = mixed_tasks(tasks, 0.5, numpy_generator(3, "mixing"))
    assert all(torch.equal(a, b) for a, b in zip(found.parts(), again.parts(), strict=True))


def test_a_large_spread_is_the_middle() -> None:
    tasks = Tasks((task(0.0, torch.tensor([0])), task(1.0, torch.tensor([0]))))
    for episode in mixed_tasks(tasks, 1e6, np.random.default_rng(0)).episodes:
        torch.testing.assert_close(episode.support.items, torch.full((1, 1, 2, 2), 0.5), atol=0.01, rtol=0)


def test_one_task_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="one task alone"):
        mixed_tasks(Tasks((task(0.0, torch.tensor([0])),)), 1.0, np.random.default_rng(0))
