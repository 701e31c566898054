"""From pictures to a model folder."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gemel.assembly import assemble
from gemel.embedding import embed_dataset, embed_varied
from gemel.errors import RecipeError
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.thresholds import operating_points
from gemel.files import write_json, write_text
from gemel.learners import EmbeddingLearner, Learner
from gemel.loading import load
from gemel.model import TRAINING_ONLY, Model
from gemel.randomness import torch_generator
from gemel.recipes import Recipe, recipe_for
from gemel.training.progress import Record, Reporter, Silent
from gemel.training.trainer import Trainer
from gemel.workflows.feeding import augmentation_of, feed_for, training_classes
from gemel.workflows.preparing import Prepared, Progress, completed, prepare
from gemel.workflows.run_folder import check_folder, recipe_of_run, text_of
from gemel.workflows.starting import begin, start_of
from gemel.workflows.validating import validation_scores, validator


def train(
    source: str | Path | None,
    out: str | Path | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
    reporter: Reporter | None = None,
    progress: Progress | None = None,
    base: str | Path | None = None,
) -> Model:
    """Train a model on a folder, zip or CSV of labelled pictures, or by a recipe, and return it, calibrated.

    Args:
        source: the data, a recipe's file (.yaml), or a packaged recipe's name; None resumes with the run folder's own.
        out: the run folder, made if need be; a temporary one by default.
        overrides: ``key.key=value``, applied to the recipe.
        resume: go on from the run folder's checkpoint, to the bits of an uninterrupted run.
        reporter: is told how training goes.
        progress: is told how decoding goes: (items done, items in all).
        base: a recipe's file or a packaged recipe's name, for the data that ``source`` names; ``likeness`` by default.

    Raises:
        GemelError: in one line, what is wrong with the data, the recipe or the folder.
        TrainingInterrupted: Ctrl-C came; the checkpoint is written.
    """
    run = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="gemel-"))
    if source is None:
        source, base = base, None
    recipe = recipe_of_run(run, resume) if source is None else completed(recipe_for(source, overrides, base))
    check_folder(run, recipe, resume)
    start, prepared = start_of(recipe), prepare(recipe, progress)
    trainer = trainer_for(recipe, prepared, run, reporter or Silent(), text_of(run, recipe, resume), start)
    write_text(run / "recipe.yaml", text_of(run, recipe, resume))
    if resume and (run / "checkpoint.pt").is_file():
        trainer.resume()
    history = trainer.train()
    settle(trainer.learner, recipe, prepared)
    history = history or untrained(trainer)
    write_json(run / "history.json", [record.to_json() for record in history])
    finished(recipe, prepared, trainer, history, start).save(run)
    return load(run)


def trainer_for(
    recipe: Recipe, prepared: Prepared, run: Path, reporter: Reporter, text: str = "", start: Model | None = None
) -> Trainer:
    """Return the trainer of a recipe on its prepared data.

    Args:
        recipe, prepared, run, reporter: see ``Trainer``.
        text: names the recipe; by default its own.
        start: ``start_of`` the recipe, where it is loaded already.
    """
    data = training_classes(recipe, prepared.train)
    learner = assemble(recipe, prepared.preprocessing.channels, len(data.classes))
    begin(learner, recipe, prepared, start or start_of(recipe))
    check_steps(learner, recipe)
    return Trainer(
        learner=learner,
        feed=feed_for(recipe, prepared.preprocessing, data, learner),
        settings=recipe.training,
        evaluate=validator(recipe, prepared.preprocessing, prepared.validation),
        run=run,
        recipe=f"{text or recipe.yaml()}# data: {prepared.fingerprint}\n",
        reporter=reporter,
    )


def check_steps(learner: Learner, recipe: Recipe) -> None:
    """Raise a RecipeError where steps are asked of a model that has nothing to learn."""
    kept = (value for name, value in learner.named_parameters() if not name.startswith(TRAINING_ONLY))
    if recipe.training.steps and not any(value.requires_grad for value in kept):
        raise RecipeError(
            f"Nothing learns in encoder '{recipe.encoder['name']}' with similarity '{recipe.similarity['name']}'; set "
            "training.steps=0, and they are calibrated as they are."
        )


def untrained(trainer: Trainer) -> list[Record]:
    """Return the one record of a training without steps: how good the model is as it stands."""
    accuracy, _ = trainer.evaluate(trainer.learner, {})
    trainer.history.append(Record(0, 0.0, accuracy, 0.0, 0.0))
    trainer.reporter.record(trainer.best_record, trainer.best_record)
    return trainer.history


def settle(learner: Learner, recipe: Recipe, prepared: Prepared) -> None:
    """Let the learner take from the training classes what its method needs of them."""
    assert isinstance(learner, EmbeddingLearner)
    items, data, augmentation = prepared.preprocessing, prepared.train, augmentation_of(recipe)

    def embedded(copies: int) -> tuple[Tensor, Tensor]:
        parts = [embed_dataset(learner, items, data)]
        for copy in range(copies):
            generator = torch_generator(recipe.training.seed, "copy", copy, device=learner.device)
            parts.append(embed_varied(learner, items, data, augmentation, generator))
        return torch.cat(parts), torch.from_numpy(data.labels).repeat(1 + copies)

    learner.settle(embedded)


def finished(
    recipe: Recipe, prepared: Prepared, trainer: Trainer, history: Sequence[Record], start: Model | None
) -> Model:
    """Return the trained model with thresholds and calibration from the validation classes."""
    learner = trainer.learner.cpu().eval().requires_grad_(False)
    assert isinstance(learner, EmbeddingLearner)
    genuine, impostor = validation_scores(learner, prepared, recipe)
    best, before = trainer.best_record, start.facts if start else None
    facts: dict[str, Any] = {
        "name": recipe.name,
        "data": {"source": recipe.data.source, "fingerprint": prepared.fingerprint},
        "split": {
            part: [prepared.dataset.classes[position] for position in getattr(prepared.split, part)]
            for part in ("train", "validation", "test")
        },
        **listed_items(prepared),
        "training": {"steps": history[-1].step, "best_step": best.step, "validation_accuracy": best.accuracy,
                     "seconds": history[-1].seconds},
        **({"start": {"weights_sha256": before["weights_sha256"], **before["training"]}} if before else {}),
    }  # fmt: skip
    calibration, thresholds = Calibration.fit(genuine, impostor), operating_points(genuine, impostor)
    return Model(learner, prepared.preprocessing, calibration, thresholds, recipe, facts)


def listed_items(prepared: Prepared) -> dict[str, dict[str, list[str]]]:
    """Return the names of each part's items where items are split, not classes."""
    if prepared.items is None:
        return {}
    parts = {part: getattr(prepared.items, part) for part in ("train", "validation", "test")}
    return {"items": {part: [prepared.dataset.names[row] for row in rows] for part, rows in parts.items()}}
