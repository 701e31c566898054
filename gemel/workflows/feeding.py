"""What a training is fed with: its classes and their variants, as batches."""

from __future__ import annotations

from gemel.assembly import sampler_of
from gemel.data import ClassFlips, ClassRotations, Dataset, Preprocessing
from gemel.data.augmentation import Augmentation
from gemel.errors import RecipeError, did_you_mean
from gemel.learners import EmbeddingLearner, Learner
from gemel.recipes import Recipe
from gemel.training.device import device_of
from gemel.training.feature_feed import FeatureFeed, features_of, fits
from gemel.training.feed import Feed, PictureFeed
from gemel.training.mixed_feed import mixing


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
