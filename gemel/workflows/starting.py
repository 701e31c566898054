"""A training that begins with what another run has learnt."""

from __future__ import annotations

from gemel.errors import DataError, ModelError, RecipeError
from gemel.learners import EmbeddingLearner, Learner
from gemel.loading import load
from gemel.model import Model
from gemel.recipes import Recipe
from gemel.workflows.preparing import Prepared


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
