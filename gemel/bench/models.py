"""The models that a benchmark asks: trained where they are not there yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gemel.bench.asking import Progress
from gemel.bench.budget import steps_within
from gemel.bench.definition import Definition, Trained
from gemel.errors import ModelError
from gemel.loading import load
from gemel.model import Model
from gemel.recipes import Recipe, recipe_for
from gemel.training.progress import Reporter
from gemel.workflows.preparing import completed, prepare
from gemel.workflows.training import train


@dataclass(frozen=True)
class Models:
    """The runs of a benchmark's models, in one folder.

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

    def run(self, trained: Trained) -> Path:
        """Return where a model is."""
        return self.folder / str(trained)

    def start(self, trained: Trained) -> Trained | None:
        """Return the model that another begins with, if any."""
        method = self.definition.methods[trained.method].start
        if not method:
            return None
        return trained._replace(
            method=method, setting=trained.setting if self.definition.methods[method].each else None
        )

    def overrides(self, trained: Trained) -> tuple[str, ...]:
        """Return what is changed in a method's recipe; the training's data come last."""
        chosen, start = self.definition.methods[trained.method], self.start(trained)
        own = chosen.each[trained.setting] if trained.setting is not None else ()
        begun = (f"training.start={self.run(start)}",) if start else ()
        return (*chosen.overrides, *own, *begun, *self.definition.trainings[trained.training])

    def recipe(self, trained: Trained) -> Recipe:
        """Return what a model learns by, before the budget."""
        return completed(recipe_for(self.definition.methods[trained.method].recipe, self.overrides(trained)))

    def get(self, trained: Trained) -> Model:
        """Return a model, trained within the budget where it is not there, after the one it begins with.

        Raises:
            ModelError: its training was interrupted, and is not to be gone on with.
            TrainingInterrupted: Ctrl-C came; the next call goes on.
        """
        run, start = self.run(trained), self.start(trained)
        if (run / "model.json").is_file():
            return load(run)
        if start:
            self.get(start)
        if not (run / "recipe.yaml").is_file():
            return self.made(trained)
        if not self.resume:
            raise ModelError(f"{run} holds an unfinished training; go on with --resume, or remove the folder.")
        return train(None, run, resume=True, reporter=self.reporter(), progress=self.progress)

    def made(self, trained: Trained) -> Model:
        """Return a model, trained from the beginning."""
        recipe = self.recipe(trained)
        steps = recipe.training.steps and steps_within(recipe, prepare(recipe, self.progress), self.minutes)
        return train(
            self.definition.methods[trained.method].recipe,
            self.run(trained),
            (*self.overrides(trained), f"training.steps={steps}"),
            reporter=self.reporter(),
            progress=self.progress,
        )
