"""How good a learner is on the validation classes, and the scores that calibration is fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gemel.data import Dataset, Preprocessing
from gemel.embedding import embed_dataset
from gemel.errors import DataError
from gemel.evaluation.episodes import episode_accuracy
from gemel.evaluation.pairs import pair_scores, random_pairs
from gemel.evaluation.parting import most_queries
from gemel.learners import EmbeddingLearner, Learner
from gemel.recipes import Recipe
from gemel.recipes.recipe import Validation
from gemel.training.collapse import warnings_for
from gemel.workflows.preparing import Prepared

#: Pairs of validation items that thresholds and calibration are fitted on.
CALIBRATION_PAIRS = 20_000


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


def validation_scores(learner: EmbeddingLearner, prepared: Prepared, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of balanced random pairs of the validation classes: genuine (G,), impostor (I,)."""
    validation = prepared.validation
    embeddings = embed_dataset(learner, prepared.preprocessing, validation, *recipe.validation.seen)
    pairs = random_pairs(validation.labels, CALIBRATION_PAIRS, recipe.training.seed, item_groups=validation.item_groups)
    scores = pair_scores(embeddings, learner.similarity, pairs).numpy()
    return scores[pairs.same == 1], scores[pairs.same == 0]
