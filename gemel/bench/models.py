"""The models that a benchmark asks: trained where they are not there yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gemel.bench.asking import Progress
from gemel.bench.budget import steps_within
from gemel.bench.definition import Definition
from gemel.errors import ModelError
from gemel.model import Model, load
from gemel.recipes import Recipe
from gemel.training.progress import Reporter
from gemel.workflows.preparing import completed, prepare
from gemel.workflows.training import recipe_for, train


@dataclass(frozen=True)
class Models:
    """One run a method and training, in one folder.

    Attributes:
        definition: says by which recipe, on which data.
        folder: of the runs.
        minutes: the budget of a training; its steps are fitted to it before it begins.
        resume: go on with a training that was interrupted; otherwise it is refused.
        reporter: is told how a training goes.
        progress: is told how decoding goes: (items done, items in all).
    """

    definition: Definition
    folder: Path
    minutes: float
    resume: bool
    reporter: Callable[[], Reporter]
    progress: Progress

    def run(self, method: str, training: str) -> Path:
        """Return where a method's run on a training's data is."""
        return self.folder / f"{method}-{training}"

    def overrides(self, method: str, training: str) -> tuple[str, ...]:
        """Return what is changed in a method's recipe; the training's data come last."""
        chosen = self.definition.methods[method]
        start = (f"training.start={self.run(chosen.start, training)}",) if chosen.start else ()
        return (*chosen.overrides, *start, *self.definition.trainings[training])

    def recipe(self, method: str, training: str) -> Recipe:
        """Return what a method learns by on a training's data, before the budget."""
        return completed(recipe_for(self.definition.methods[method].recipe, self.overrides(method, training)))

    def get(self, method: str, training: str) -> Model:
        """Return a method's model, trained within the budget where it is not there, after the one it begins with.

        Raises:
            ModelError: its training was interrupted, and is not to be gone on with.
            TrainingInterrupted: Ctrl-C came; the next call goes on.
        """
        run = self.run(method, training)
        if (run / "model.json").is_file():
            return load(run)
        if self.definition.methods[method].start:
            self.get(self.definition.methods[method].start, training)
        if not (run / "recipe.yaml").is_file():
            return self.trained(method, training)
        if not self.resume:
            raise ModelError(f"{run} holds an unfinished training; go on with --resume, or remove the folder.")
        return train(None, run, resume=True, reporter=self.reporter(), progress=self.progress)

    def trained(self, method: str, training: str) -> Model:
        """Return a method's model, trained from the beginning."""
        recipe = self.recipe(method, training)
        steps = recipe.training.steps and steps_within(recipe, prepare(recipe, self.progress), self.minutes)
        return train(
            self.definition.methods[method].recipe,
            self.run(method, training),
            (*self.overrides(method, training), f"training.steps={steps}"),
            reporter=self.reporter(),
            progress=self.progress,
        )
