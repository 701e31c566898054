"""How good is a model, on classes it never saw?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from gemel.data import Dataset, Source, decode_all, open_source, read_one_shot_runs
from gemel.embedding import embed_dataset
from gemel.errors import DataError, RecipeError, did_you_mean
from gemel.evaluation import (
    OneShotRun,
    episode_accuracy,
    instance_accuracy,
    one_shot_runs,
    open_set,
    pair_scores,
    random_pairs,
    retrieval,
    verification,
)
from gemel.learners import MANN
from gemel.model import Model
from gemel.workflows.preparing import grouped

Progress = Callable[[int, int], None]


class Result(Protocol):
    """What every protocol gives: figures for a program, and a line for a person."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""


@dataclass(frozen=True)
class Plan:
    """The figures of a protocol; each protocol reads its own.

    Attributes:
        ways, shots, queries, episodes: N classes, K support and Q query items of each, and how many such tasks.
        pairs: verification pairs, half same and half different.
        within_group: draw an episode's classes, and a different pair's, within one group ("within alphabet").
        seed: of the drawing.
    """

    ways: int = 5
    shots: int = 1
    queries: int = 15
    episodes: int = 1000
    pairs: int = 20_000
    within_group: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Embedded:
    """A data set with the embedding of every item: (N, D)."""

    dataset: Dataset
    embeddings: Tensor

    @property
    def groups(self) -> tuple[str, ...]:
        """Each class's group."""
        return self.dataset.groups


def evaluate(
    model: Model,
    protocol: str = "episodes",
    data: str | Path | None = None,
    plan: Plan | None = None,
    progress: Progress | None = None,
) -> Result:
    """Return a model's figures under a protocol.

    Args:
        model: what to evaluate.
        protocol: ``episodes``, ``verification``, ``retrieval``, ``open-set``, ``instances`` (of a MANN), or
            ``one-shot-runs`` (Lake's 20 runs on Omniglot, whose zip ``data`` may then name).
        data: other data, all of whose classes are used; by default the test classes of the model's own. If it is the
            data that the model was trained on, its test classes only.
        plan: the protocol's figures.
        progress: is told how embedding goes: (items done, items in all).

    Raises:
        RecipeError: the protocol is unknown.
        DataError: the data are absent, or too few for the plan.
    """
    if protocol == "one-shot-runs":
        return evaluate_one_shot_runs(model, data)
    if protocol not in PROTOCOLS:
        raise RecipeError(f"Unknown protocol '{protocol}'.{did_you_mean(protocol, [*PROTOCOLS, 'one-shot-runs'])}")
    return PROTOCOLS[protocol](model, embedded(model, unseen(model, data), progress), plan or Plan())


def unseen(model: Model, data: str | Path | None = None) -> Dataset:
    """Return the classes to evaluate on: the data's, or the test classes where the model was trained on the same data.

    Raises:
        DataError: the data are absent, or the model kept no test classes of them.
    """
    trained = model.facts["data"]
    options = model.recipe.data.options if data is None else {}
    source = open_source(trained["source"] if data is None else data, **options)
    dataset = decode_all(source, pixels_only(model))
    if source.fingerprint != trained["fingerprint"]:
        return dataset if data is not None else _changed(source)
    if not model.facts["split"]["test"]:
        raise DataError(f"The model kept no test classes of {source.name}; give other data with --data.")
    return part_of(model, dataset, "test")


def part_of(model: Model, dataset: Dataset, part: str) -> Dataset:
    """Return a part of the data that the model was trained on: its classes, or its items where items were split."""
    chosen = grouped(model.recipe, dataset).select(model.facts["split"][part])
    if "items" not in model.facts:
        return chosen
    members = set(model.facts["items"][part])
    return chosen.take(np.flatnonzero([name in members for name in chosen.names]))


def pixels_only(model: Model) -> Any:
    """Return the preprocessing as it was when the training data were decoded: before mean and deviation were known.

    They do not change the stored pixels, and so a store is shared.
    """
    kept = {key: value for key, value in model.preprocessing.to_json().items() if key not in ("mean", "std")}
    return type(model.preprocessing).from_json(kept)


def _changed(source: Source) -> Dataset:
    raise DataError(
        f"{source.name} has changed since the model was trained, so that its test classes may not be unseen any more; "
        "give data with --data, or train again."
    )


def embedded(model: Model, dataset: Dataset, progress: Progress | None = None) -> Embedded:
    """Return the data set with its embeddings, averaged over the model's views."""
    tell = progress or (lambda done, total: None)
    return Embedded(
        dataset,
        embed_dataset(model.learner, model.preprocessing, dataset, *model.recipe.validation.seen, progress=tell),
    )


def evaluate_episodes(model: Model, items: Embedded, plan: Plan) -> Result:
    """Return the N-way K-shot accuracy."""
    groups = items.groups if plan.within_group else None
    return episode_accuracy(
        items.embeddings, items.dataset.labels, model.learner,
        plan.ways, plan.shots, plan.queries, plan.episodes, plan.seed, groups, item_groups=items.dataset.item_groups,
    )  # fmt: skip


def evaluate_verification(model: Model, items: Embedded, plan: Plan) -> Result:
    """Return ROC figures of balanced random pairs, at the threshold that the validation classes froze."""
    labels = items.dataset.labels
    groups = items.groups if plan.within_group else None
    pairs = random_pairs(labels, plan.pairs, plan.seed, groups, items.dataset.item_groups)
    scores = pair_scores(items.embeddings, model.similarity, pairs)
    return verification(scores, pairs.same, labels[pairs.left], labels[pairs.right], model.threshold, plan.seed)


def evaluate_retrieval(model: Model, items: Embedded, plan: Plan) -> Result:
    """Return recall@k and MAP@R, every item a query among all others."""
    return retrieval(items.embeddings, items.dataset.labels, model.similarity, plan.seed, items.dataset.item_groups)


def evaluate_open_set(model: Model, items: Embedded, plan: Plan) -> Result:
    """Return how identification fares where half the queries are of no enrolled class."""
    return open_set(
        items.embeddings, items.dataset.labels, model.learner, model.calibration,
        plan.ways, plan.shots, plan.queries, plan.episodes, plan.seed, item_groups=items.dataset.item_groups,
    )  # fmt: skip


def evaluate_instances(model: Model, items: Embedded, plan: Plan) -> Result:
    """Return the accuracy on a class's first item in a sequence, its second, ...: shots + queries items of each class.

    Raises:
        RecipeError: the model's learner is not told classes item by item.
        DataError: it is known which items show one thing, which a sequence would show again.
    """
    if not isinstance(model.learner, MANN):
        raise RecipeError(
            "Protocol 'instances' asks a learner that is told the class of one item after the other, which is 'mann'; "
            f"this model's is '{model.recipe.learner['name']}'. Take protocol 'episodes'."
        )
    if items.dataset.item_groups is not None:
        raise DataError("Protocol 'instances' cannot keep item groups apart; evaluate data without data.item_groups.")
    groups = items.groups if plan.within_group else None
    count = plan.shots + plan.queries
    return instance_accuracy(
        items.embeddings, items.dataset.labels, model.learner, plan.ways, count, plan.episodes, plan.seed, groups
    )


def evaluate_one_shot_runs(model: Model, runs: str | Path | None = None) -> Result:
    """Return the error on Lake's 20 official one-shot runs (their zip; by default where Omniglot is kept)."""
    prepared = [
        OneShotRun(
            torch.from_numpy(model.embed(run.training)),
            torch.from_numpy(model.embed(run.test)),
            torch.tensor(run.answers),
        )
        for run in read_one_shot_runs(runs)
    ]
    return one_shot_runs(prepared, model.learner)


PROTOCOLS: dict[str, Callable[[Model, Embedded, Plan], Result]] = {
    "episodes": evaluate_episodes,
    "verification": evaluate_verification,
    "retrieval": evaluate_retrieval,
    "open-set": evaluate_open_set,
    "instances": evaluate_instances,
}
