"""Several N-way K-shot episodes at once."""

from __future__ import annotations

import numpy as np

from gemel.batches import Tasks
from gemel.data.samplers.episodes import Episodes
from gemel.data.samplers.sampler import Sampler, checked


class RandomTasks(Sampler):
    """``tasks`` episodes a batch, each as ``Episodes`` draws them.

    Raises:
        DataError: fewer than ``ways`` classes have ``shots + queries`` items.
    """

    def __init__(
        self, labels: np.ndarray, seed: int = 0, tasks: int = 4, ways: int = 5, shots: int = 1, queries: int = 15
    ) -> None:
        super().__init__(labels, seed)
        self.tasks = checked("tasks", tasks)
        self.episodes = Episodes(labels, seed, ways, shots, queries)

    def batch(self, step: int) -> Tasks:
        numbers = range(step * self.tasks, (step + 1) * self.tasks)
        return Tasks(tuple(self.episodes.batch(number) for number in numbers))
