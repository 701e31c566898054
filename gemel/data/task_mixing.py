"""Tasks between tasks."""

from __future__ import annotations

import numpy as np
import torch

from gemel.batches import Episode, Labelled, Tasks


def mixed(first: Episode, second: Episode, share: float) -> Episode:
    """Return the task between two: ``share a + (1 - share) b`` of every two items that stand at one place.

    Numbers that are told are mixed likewise; of class numbers, class k of the one meets class k of the other, and the
    mixture is class k.

    Raises:
        ValueError: the tasks have items of other shapes, or their classes come in another order.
    """

    def between(a: Labelled, b: Labelled) -> Labelled:
        numbers = a.labels.is_floating_point()
        if a.items.shape != b.items.shape or not (numbers or torch.equal(a.labels, b.labels)):
            raise ValueError("tasks of other shapes, or with their classes in another order, cannot be mixed")
        labels = share * a.labels + (1 - share) * b.labels if numbers else a.labels
        return Labelled(share * a.items + (1 - share) * b.items, labels)

    return Episode(between(first.support, second.support), between(first.query, second.query))


def mixed_tasks(tasks: Tasks, spread: float, generator: np.random.Generator) -> Tasks:
    """Return as many tasks, each between one of these and another, with a share from ``Beta(spread, spread)``.

    Each is the first of one pair and the second of another: they stand in a circle, drawn anew every time.

    "Meta-learning with task interpolation" (MLTI; Yao, Zhang & Finn 2022).

    Args:
        tasks: two at least, all of one shape.
        spread: the larger, the nearer to the middle; 1 is even.
        generator: draws the circle and the shares.

    Raises:
        ValueError: there is one task alone; see ``mixed``.
    """
    episodes = tasks.episodes
    if len(episodes) < 2:
        raise ValueError("one task alone cannot be mixed with another")
    order = generator.permutation(len(episodes))
    pairs = zip(order, np.roll(order, -1), generator.beta(spread, spread, len(order)), strict=True)
    return Tasks(tuple(mixed(episodes[a], episodes[b], float(share)) for a, b, share in pairs))
