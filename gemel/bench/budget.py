"""How far a training gets in the time that there is."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from gemel.recipes import Recipe
from gemel.training.progress import Silent
from gemel.training.trainer import Trainer
from gemel.workflows.preparing import Prepared
from gemel.workflows.training import trainer_for

#: Steps before the clock starts, and steps that it measures.
WARM_UP, MEASURED = 3, 12

#: What is left for decoding, checkpoints and calibration.
RESERVE = 0.05


def steps_within(recipe: Recipe, prepared: Prepared, minutes: float) -> int:
    """Return the recipe's steps, or as many as some minutes suffice for here, at least to the first validation.

    The schedule of the learning rate then fits the budget, and the run's recipe says how many steps it had: run again
    by that recipe, it comes to the same bits.
    """
    step, validation = seconds(recipe, prepared)
    every = recipe.training.validate_every
    rounds = (1 - RESERVE) * 60 * minutes / (every * step + validation)
    return min(recipe.training.steps, max(1, int(rounds)) * every)


def seconds(recipe: Recipe, prepared: Prepared) -> tuple[float, float]:
    """Return how long a step takes here, and how long a validation."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_for(recipe, prepared, Path(folder), Silent())
        try:
            return measured(trainer)
        finally:
            trainer.batches.close()


def measured(trainer: Trainer) -> tuple[float, float]:
    """Return the seconds of a step and of a validation."""
    for _ in range(WARM_UP):
        trainer.advance()
    began = time.monotonic()
    for _ in range(MEASURED):
        trainer.advance()
    stepped = time.monotonic()
    trainer.evaluate(trainer.average, {})
    return (stepped - began) / MEASURED, time.monotonic() - stepped
