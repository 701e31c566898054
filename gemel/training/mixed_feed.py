"""Tasks that are mixed with one another before they are learnt from."""

from __future__ import annotations

from gemel.batches import Tasks
from gemel.data.task_mixing import mixed_tasks
from gemel.errors import RecipeError
from gemel.randomness import numpy_generator
from gemel.training.feed import Feed


class MixedFeed:
    """A feed's tasks, each mixed with another one of its step; see ``mixed_tasks``.

    Args:
        feed: gives several tasks a step.
        spread: of the shares.
        seed: the run's; a step's draws come from ``(seed, step)``.

    Raises:
        RecipeError: the feed gives no tasks, or one a step.
    """

    def __init__(self, feed: Feed, spread: float, seed: int) -> None:
        first = feed.batch(0)
        if not isinstance(first, Tasks) or len(first.episodes) < 2:
            raise RecipeError(
                "data.mixing mixes the tasks of a batch, and there is one or none; set sampler=tasks with two or more, "
                "for a learner that takes them, or data.mixing=0."
            )
        self.feed, self.spread, self.seed = feed, spread, seed

    def batch(self, step: int) -> Tasks:
        """Return a step's mixed tasks, on the device."""
        tasks = self.feed.batch(step)
        assert isinstance(tasks, Tasks)
        return mixed_tasks(tasks, self.spread, numpy_generator(self.seed, "mixing", step))


def mixing(feed: Feed, spread: float, seed: int) -> Feed:
    """Return the feed, with its tasks mixed unless the spread is 0."""
    return MixedFeed(feed, spread, seed) if spread else feed
