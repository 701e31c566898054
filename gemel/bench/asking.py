"""A trained model under a protocol: one rate an episode, on episodes that are the same for every method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gemel.bench.answer import Answer
from gemel.bench.definition import Protocol, Setting
from gemel.data import ClassRotations, Dataset, open_source
from gemel.errors import DataError
from gemel.evaluation import OneShotRunsResult
from gemel.evaluation.episodes import EpisodesResult
from gemel.evaluation.intervals import counted_rate
from gemel.model import Model
from gemel.recipes import Recipe
from gemel.workflows.evaluating import (
    Embedded,
    Plan,
    embedded,
    evaluate_episodes,
    evaluate_one_shot_runs,
    pixels_only,
)
from gemel.workflows.preparing import Prepared, decoded

Progress = Callable[[int, int], None]


def unseen_classes(model: Model, recipe: Recipe, progress: Progress | None = None) -> Dataset:
    """Return the test part of a recipe's data, classes or items, as the model wants its pictures.

    Raises:
        DataError: the data are absent, or the model has learnt from some of them.
    """
    source = open_source(recipe.data.source, **recipe.data.options)
    asked = decoded(recipe, source, pixels_only(model), progress)
    if model.facts["data"]["fingerprint"] == asked.fingerprint:
        refuse_seen(model, asked)
    return asked.test


def embedded_for(protocol: Protocol, model: Model, test: Dataset, progress: Progress | None = None) -> Embedded:
    """Return the test classes, and their quarter turns where the protocol has them, with their embeddings."""
    return embedded(model, ClassRotations(test) if protocol.rotations else test, progress)


def refuse_seen(model: Model, asked: Prepared) -> None:
    """Raise a DataError where the model has seen what it is to be asked about: a class, or of split items an item."""
    if asked.items is not None and "items" in model.facts:
        what, parts, test = "pictures", model.facts["items"], asked.test.names
    else:
        what, parts, test = "classes", model.facts["split"], asked.test.classes
    seen = {*parts["train"], *parts["validation"]}.intersection(test)
    if seen:
        raise DataError(
            f"{len(seen)} of the {len(test)} test {what}, such as '{min(seen)}', were seen by the model in "
            f"{model.folder} when it was trained; train on the protocol's own {what}."
        )


def on_episodes(model: Model, items: Embedded, protocol: Protocol, setting: Setting, count: int, seed: int) -> Answer:
    """Return the rates of so many episodes; seed and data alone decide which they are."""
    plan = Plan(setting.ways, setting.shots, protocol.queries, count, within_group=protocol.within_group, seed=seed)
    result = evaluate_episodes(model, items, plan)
    assert isinstance(result, EpisodesResult)
    return Answer(result.rates, result.accuracy, count)


def on_official_runs(model: Model) -> Answer:
    """Return the rates of Lake's 20 runs; their estimate is over all trials, with Wilson's interval."""
    result = evaluate_one_shot_runs(model)
    assert isinstance(result, OneShotRunsResult)
    trials = result.trials // len(result.per_run)
    return Answer(
        1 - np.array(result.per_run) / trials, counted_rate(result.trials - result.errors, result.trials), result.trials
    )
