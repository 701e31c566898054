"""What every sampler promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from gemel.batches import Batch
from gemel.data.samplers.class_index import ClassIndex, chosen_in_turn, turns_in_round
from gemel.randomness import numpy_generator


def checked(what: str, count: int, least: int = 1) -> int:
    """Return the count.

    Raises:
        ValueError: it is below ``least``.
    """
    if count < least:
        raise ValueError(f"{what} is {count}; it must be {least} or more")
    return count


class Sampler(ABC):
    """Batches of item numbers, each derived from ``(seed, step)`` alone, so that any step can be computed again.

    Args:
        labels: (N,) the class of every item, 0 ... C-1.
        seed: the run's seed.
    """

    def __init__(self, labels: np.ndarray, seed: int = 0) -> None:
        self.index = ClassIndex(labels)
        self.seed = seed

    @abstractmethod
    def batch(self, step: int) -> Batch:
        """Return the batch of a step; its item fields hold int64 item numbers."""

    def generator(self, step: int) -> np.random.Generator:
        """Return the step's own generator."""
        return numpy_generator(self.seed, type(self).__name__, step)

    def in_turn(self, choices: np.ndarray, count: int, step: int) -> np.ndarray:
        """Return ``count`` of the ``choices`` for a step, every choice being reached once a round."""
        round_number, position = divmod(step, turns_in_round(len(choices), count))
        shuffle = numpy_generator(self.seed, type(self).__name__, "round", round_number)
        return chosen_in_turn(shuffle, choices, count, position)
