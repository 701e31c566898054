"""From pictures to a model folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.assembly import assemble, sampler_of
from gemel.data import ClassFlips, ClassRotations, Dataset, Preprocessing
from gemel.data.augmentation import Augmentation
from gemel.embedding import embed_dataset, embed_varied
from gemel.errors import DataError, ModelError, RecipeError, did_you_mean
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.episodes import episode_accuracy
from gemel.evaluation.pairs import pair_scores, random_pairs
from gemel.evaluation.parting import most_queries
from gemel.evaluation.thresholds import operating_points
from gemel.files import clear_drafts, write_json, write_text
from gemel.learners import EmbeddingLearner, Learner
from gemel.loading import load
from gemel.model import TRAINING_ONLY, Model
from gemel.randomness import torch_generator
from gemel.recipes import Recipe, packaged_recipes
from gemel.recipes.recipe import Validation
from gemel.training.collapse import warnings_for
from gemel.training.device import device_of
from gemel.training.feature_feed import FeatureFeed, features_of, fits
from gemel.training.feed import Feed, PictureFeed
from gemel.training.mixed_feed import mixing
from gemel.training.progress import Record, Reporter, Silent
from gemel.training.trainer import Trainer
from gemel.workflows.preparing import Prepared, Progress, completed, prepare

#: Pairs of validation items that thresholds and calibration are fitted on.
CALIBRATION_PAIRS = 20_000

#: The endings of a recipe's file.
YAML = (".yaml", ".yml")


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


def recipe_for(source: str | Path, overrides: Sequence[str], base: str | Path | None = None) -> Recipe:
    """Return the recipe that ``source`` names, or the ``base`` recipe on the data that it names.

    The base keeps nothing of its own data's section, which speaks of other classes.

    Raises:
        RecipeError: it is neither a recipe nor data, or a value is refused.
    """
    path, recipes = Path(source), packaged_recipes()
    if base is None and path.suffix.lower() in YAML:
        return Recipe.read(path, overrides)
    if base is not None or path.exists():
        data = json.dumps({"source": str(source)}, ensure_ascii=False)
        return Recipe.read(recipe_file(base or "likeness"), [f"data={data}", *overrides])
    if str(source) in recipes:
        return Recipe.read(recipes[str(source)], overrides)
    raise RecipeError(f"'{source}' is neither a path nor a packaged recipe.{did_you_mean(str(source), recipes)}")


def recipe_file(name: str | Path) -> Path:
    """Return the file of a recipe given by path, or by the name of a packaged one.

    Raises:
        RecipeError: it is neither.
    """
    recipes = packaged_recipes()
    if str(name) in recipes:
        return recipes[str(name)]
    if Path(name).suffix.lower() in YAML:
        return Path(name)
    raise RecipeError(f"'{name}' is neither a recipe's file nor a packaged recipe.{did_you_mean(str(name), recipes)}")


def recipe_of_run(run: Path, resume: bool) -> Recipe:
    """Return the recipe that a run was begun with.

    Raises:
        RecipeError: a new training was asked for, without data or a recipe.
        ModelError: the folder holds no run.
    """
    if not resume:
        raise RecipeError("Nothing to train on came; name a folder, zip or CSV of labelled pictures, or a recipe.")
    if not (run / "recipe.yaml").is_file():
        raise ModelError(f"{run} holds no run to resume; start the training without --resume.")
    return Recipe.read(run / "recipe.yaml")


def check_folder(run: Path, recipe: Recipe, resume: bool) -> None:
    """Check that the folder is free for a new run, or holds this recipe's run to resume.

    Raises:
        ModelError: it holds another run, or none to resume, or is no folder.
    """
    written = run / "recipe.yaml"
    if run.exists() and not run.is_dir():
        raise ModelError(f"{run} is a file; choose a folder for the run.")
    if resume:
        if not written.is_file():
            raise ModelError(f"{run} holds no run to resume; start the training without --resume.")
        if Recipe.read(written) != recipe:
            raise ModelError(
                f"{run} was begun with another recipe; resume with the same one, or train into a new folder."
            )
        clear_drafts(run)
    elif run.exists() and any(not path.name.startswith(".") for path in run.iterdir()):
        raise ModelError(f"{run} is not empty; choose another --out, or go on with --resume.")


def text_of(run: Path, recipe: Recipe, resume: bool) -> str:
    """Return the recipe's text: on resuming, as it was written, perhaps by a Gemel that had fewer keys."""
    return (run / "recipe.yaml").read_text(encoding="utf-8") if resume else recipe.yaml()


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


def feed_for(recipe: Recipe, preprocessing: Preprocessing, data: Dataset, learner: Learner) -> Feed:
    """Return what gives a training's batches: pictures, or features, where a frozen encoder finds always the same."""
    sampler, device = sampler_of(recipe, data.labels), device_of(recipe.training.device)
    same = recipe.training.frozen and not recipe.augmentation and not recipe.data.mixing
    if isinstance(learner, EmbeddingLearner) and same and learner.learns_from_features and fits(data, learner):
        return FeatureFeed(features_of(learner, preprocessing, data, device), sampler, device)
    pictures = PictureFeed(data, sampler, preprocessing, augmentation_of(recipe), recipe.training.seed, device)
    return mixing(pictures, recipe.data.mixing, recipe.training.seed)


def training_classes(recipe: Recipe, data: Dataset) -> Dataset:
    """Return the classes to train on, with their quarter turns and mirror images where these are classes, too.

    Raises:
        RecipeError: a mirror image were both a class of its own and a variant of its class.
    """
    if recipe.data.flips and recipe.augmentation.get("flip"):
        raise RecipeError(
            "data.flips makes mirror images other classes, and augmentation.flip the same ones; leave one of them out."
        )
    data = ClassRotations(data) if recipe.data.rotations else data
    return ClassFlips(data) if recipe.data.flips else data


def start_of(recipe: Recipe) -> Model | None:
    """Return the model that a recipe's training begins with; None where it begins with the seed.

    Raises:
        ModelError: there is no such run.
        RecipeError: an encoder is to stay as it is, and there is none to begin with.
    """
    if recipe.training.frozen and not recipe.training.start:
        raise RecipeError("training.frozen keeps the encoder that training.start names; name a run there.")
    return load(recipe.training.start) if recipe.training.start else None


def begin(learner: Learner, recipe: Recipe, prepared: Prepared, start: Model | None) -> None:
    """Give the learner the encoder, and the numbers of a like similarity, of the model that its recipe begins with.

    Raises:
        ModelError: its encoder is another one.
        DataError: it has learnt from classes that are validation or test classes here.
    """
    if start is None:
        return
    assert isinstance(learner, EmbeddingLearner)
    if start.recipe.encoder != recipe.encoder:
        raise ModelError(
            f"training.start: the encoder of {recipe.training.start} is {dict(start.recipe.encoder)}, and the recipe's "
            f"{dict(recipe.encoder)}; set the same one."
        )
    refuse_learnt(start, prepared)
    learner.encoder.load_state_dict(start.learner.encoder.state_dict())
    if recipe.training.frozen:
        learner.encoder.requires_grad_(False)
    if start.recipe.similarity == recipe.similarity:
        learner.similarity.load_state_dict(start.similarity.state_dict())


def refuse_learnt(start: Model, prepared: Prepared) -> None:
    """Raise a DataError where a model has learnt from items that are to be unseen."""
    if start.facts["data"]["fingerprint"] != prepared.fingerprint:
        return
    by_item = prepared.items is not None and "items" in start.facts
    learnt = set(start.facts["items" if by_item else "split"]["train"])
    for part in (prepared.validation, prepared.test):
        seen = learnt.intersection(part.names if by_item else part.classes)
        if seen:
            raise DataError(
                f"training.start: the model in {start.folder} has learnt from {len(seen)} classes or items that are "
                f"kept for validation or test here, such as '{min(seen)}'; begin with one of the same split."
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


def augmentation_of(recipe: Recipe) -> Augmentation:
    """Return the recipe's augmentation.

    Raises:
        RecipeError: an option is unknown or out of range.
    """
    known = Augmentation.__dataclass_fields__
    for key in recipe.augmentation:
        if key not in known:
            raise RecipeError(f"Unknown option '{key}' of augmentation.{did_you_mean(key, known)}")
    try:
        return Augmentation(**recipe.augmentation)  # type: ignore[arg-type]  # checked by Augmentation itself
    except (TypeError, ValueError) as error:
        raise RecipeError(f"augmentation: {error}") from error


def validator(
    recipe: Recipe, preprocessing: Preprocessing, validation: Dataset
) -> Callable[[Learner, dict[str, float]], tuple[float, list[str]]]:
    """Return what measures a learner's one-shot accuracy on the validation classes, and warns of a collapse.

    Raises:
        DataError: see ``fitting_episode``.
    """
    plan = recipe.validation
    groups = validation.groups if plan.within_group else ("",) * len(validation.classes)
    ways, queries = fitting_episode(validation, groups, plan)

    def evaluate(learner: Learner, metrics: dict[str, float]) -> tuple[float, list[str]]:
        assert isinstance(learner, EmbeddingLearner)
        embeddings = embed_dataset(learner, preprocessing, validation)
        found = warnings_for(embeddings, metrics)
        if not bool(embeddings.isfinite().all()):
            return 0.0, found
        result = episode_accuracy(
            embeddings.to(learner.device), validation.labels, learner, ways, plan.shots, queries, plan.episodes,
            seed=recipe.training.seed, groups=groups, item_groups=validation.item_groups,
        )  # fmt: skip
        return result.accuracy.value, found

    return evaluate


def fitting_episode(validation: Dataset, groups: Sequence[str], plan: Validation) -> tuple[int, int]:
    """Return the ways and queries asked for, lowered to what the classes of one group hold.

    Raises:
        DataError: no group has two classes of an item more than the shots.
    """
    left: dict[str, list[int]] = {}  # what each class has for queries
    for number, group in enumerate(groups):
        members = validation.by_class[number]
        shown = members if validation.item_groups is None else validation.item_groups[members]
        left.setdefault(group, []).append(most_queries(np.unique(shown, return_counts=True)[1], plan.shots))
    falling = [sorted(row, reverse=True) for row in left.values()]
    ways = min(plan.ways, max((sum(queries > 0 for queries in row) for row in falling), default=0))
    if ways < 2:
        things = "" if validation.item_groups is None else ", of two things at least"
        raise DataError(
            f"{ways} of {len(validation.classes)} validation class(es) hold {plan.shots + 1} items or more{things}; 2 "
            "are needed to tell how good the model gets. Add items, or raise data.validation."
        )
    return ways, min(plan.queries, max(row[ways - 1] for row in falling if len(row) >= ways))


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


def validation_scores(learner: EmbeddingLearner, prepared: Prepared, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of balanced random pairs of the validation classes: genuine (G,), impostor (I,)."""
    validation = prepared.validation
    embeddings = embed_dataset(learner, prepared.preprocessing, validation, *recipe.validation.seen)
    pairs = random_pairs(validation.labels, CALIBRATION_PAIRS, recipe.training.seed, item_groups=validation.item_groups)
    scores = pair_scores(embeddings, learner.similarity, pairs).numpy()
    return scores[pairs.same == 1], scores[pairs.same == 0]
