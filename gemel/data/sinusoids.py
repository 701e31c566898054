"""Sinusoids: tasks of few-shot regression, drawn without end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gemel.batches import Episode, Labelled, Tasks
from gemel.randomness import torch_generator

#: From ... to, each drawn evenly (Finn et al. 2017, section 5.1).
AMPLITUDES, PHASES, INPUTS = (0.1, 5.0), (0.0, math.pi), (-5.0, 5.0)


def even(bounds: tuple[float, float], shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return numbers drawn evenly between two bounds."""
    low, high = bounds
    return low + (high - low) * torch.rand(shape, generator=generator)


@dataclass(frozen=True)
class Sinusoids:
    """T functions ``amplitude sin(x - phase)``: ``amplitude`` and ``phase`` (T,)."""

    amplitude: Tensor
    phase: Tensor

    @classmethod
    def draw(cls, count: int, generator: torch.Generator) -> Sinusoids:
        """Return so many at random."""
        return cls(even(AMPLITUDES, (count,), generator), even(PHASES, (count,), generator))

    def __call__(self, x: Tensor) -> Tensor:
        """Return each function's values: (T, P) -> (T, P)."""
        return self.amplitude[:, None] * torch.sin(x - self.phase[:, None])

    def items(self, x: Tensor, told: bool = False) -> Tensor:
        """Return numbers as pictures of one pixel: (T, P) -> (T, P, 1, 1, 1).

        With ``told`` each has three channels, x, the amplitude and the phase: (T, P, 3, 1, 1).
        """
        known = [x, *(value[:, None].expand_as(x) for value in (self.amplitude, self.phase))] if told else [x]
        return torch.stack(known, -1)[..., None, None]

    def episodes(self, shots: int, queries: int, generator: torch.Generator, told: bool = False) -> tuple[Episode, ...]:
        """Return a task for each function: so many points for support and as queries, drawn evenly."""
        x = even(INPUTS, (len(self.phase), shots + queries), generator)
        return tuple(
            Episode(Labelled(items[:shots], y[:shots]), Labelled(items[shots:], y[shots:]))
            for items, y in zip(self.items(x, told), self(x), strict=True)
        )


class SinusoidFeed:
    """Tasks for training: at each step others, drawn from ``(seed, step)`` alone.

    Args:
        seed: the run's.
        device: where the batches shall lie.
        shots, queries: points of each task.
        tasks: a batch.
        told: every item tells its function's amplitude and phase, too; see ``Sinusoids.items``.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(
        self,
        seed: int,
        device: torch.device,
        shots: int = 10,
        queries: int = 10,
        tasks: int = 25,
        told: bool = False,
    ) -> None:
        if min(shots, queries, tasks) < 1:
            raise ValueError(f"shots is {shots}, queries {queries}, tasks {tasks}; each must be at least 1")
        self.seed, self.device, self.told = seed, device, told
        self.shots, self.queries, self.tasks = shots, queries, tasks

    def batch(self, step: int) -> Tasks:
        """Return a step's tasks, on the device."""
        generator = torch_generator(self.seed, "sinusoids", step)
        waves = Sinusoids.draw(self.tasks, generator)
        return Tasks(waves.episodes(self.shots, self.queries, generator, self.told)).to(self.device)
