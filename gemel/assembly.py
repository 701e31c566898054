"""A recipe's parts, built and put together."""

from __future__ import annotations

import numpy as np
import torch

from gemel.data.samplers import SAMPLERS, Sampler
from gemel.encoders import ENCODERS, Encoder
from gemel.errors import RecipeError
from gemel.learners import LEARNERS, EmbeddingLearner
from gemel.losses import LOSSES, MINERS
from gemel.randomness import seeded
from gemel.recipes import Recipe
from gemel.registry import build
from gemel.similarity import SIMILARITIES


def assemble(recipe: Recipe, channels: int, classes: int, blank: bool = False) -> EmbeddingLearner:
    """Return the recipe's learner for pictures of so many channels and so many training classes.

    Its first weights come from the recipe's seed alone, and where the encoder has learnt elsewhere, from there; with
    ``blank`` they are to be filled in, and nothing is read. They lie channels-last: convolutions are twice as fast.

    Raises:
        RecipeError: a part's name or option is unknown, or two parts do not fit.
    """
    with seeded(recipe.training.seed, "weights"):
        items = {"channels": channels, "size": item_size(recipe)}
        encoder = build("encoder", ENCODERS, recipe.encoder, blank=blank, **items)
        similarity = build("similarity", SIMILARITIES, recipe.similarity, dimensions=encoder.dimensions, **items)
        loss = build("loss", LOSSES, recipe.loss, dimensions=encoder.dimensions, classes=classes)
        miner = build("miner", MINERS, recipe.miner, dimensions=encoder.dimensions)
        check_loss(recipe)
        parts = {"encoder": encoder, "similarity": similarity, "loss": loss, "miner": miner}
        learner = build("learner", LEARNERS, recipe.learner, **parts, **items)
    if not isinstance(learner, EmbeddingLearner):
        raise RecipeError(f"learner '{recipe.learner['name']}' has no embedding to compare.")
    return learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def item_size(recipe: Recipe) -> tuple[int, int]:
    """Return the items' (height, width): the recipe's, or what its encoder takes by default."""
    return recipe.preprocessing.size or ENCODERS.get(str(recipe.encoder.get("name")), Encoder).input_size


def check_loss(recipe: Recipe) -> None:
    """Raise a RecipeError where the learner does not descend the recipe's loss."""
    learner, loss = (str(part.get("name")) for part in (recipe.learner, recipe.loss))
    if learner in LEARNERS and not issubclass(LOSSES[loss], LEARNERS[learner].loss_kind):
        fitting = [name for name, kind in LOSSES.items() if issubclass(kind, LEARNERS[learner].loss_kind)]
        raise RecipeError(f"Learner '{learner}' does not descend loss '{loss}'; set loss to {' or '.join(fitting)}.")


def sampler_of(recipe: Recipe, labels: np.ndarray) -> Sampler:
    """Return the recipe's sampler; where it names none, the one that its learner prefers.

    Raises:
        RecipeError: the name or an option is unknown, or the learner does not take such batches.
        DataError: the data cannot fill its batches.
    """
    learner = LEARNERS[recipe.learner["name"]]
    options = {"name": learner.sampler, **(recipe.sampler or {})}
    sampler = build("sampler", SAMPLERS, options, labels=labels, seed=recipe.training.seed)
    if not isinstance(sampler.batch(0), learner.batches):
        raise RecipeError(
            f"Learner '{recipe.learner['name']}' does not take the batches of sampler '{options['name']}'; set sampler "
            f"to '{learner.sampler}', or leave it out."
        )
    return sampler
