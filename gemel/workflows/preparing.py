"""A recipe's data, ready: decoded, split, with the preprocessing that fits them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from gemel.data import (
    Dataset,
    Preprocessing,
    Source,
    Split,
    decode_all,
    item_groups,
    open_source,
    read_split,
    split_classes,
    split_item_groups,
)
from gemel.data.splits import matches
from gemel.encoders import ENCODERS, Encoder
from gemel.errors import DataError, InputError, RecipeError, did_you_mean
from gemel.recipes import Recipe

#: Pictures looked at to tell grey from colour, and to measure mean and deviation.
SAMPLE = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepared:
    """The decoded data set, its split, and the preprocessing with the training classes' mean and deviation.

    The split is of classes; where ``items`` splits the items, all classes are in each part that is not empty.
    """

    dataset: Dataset
    split: Split
    preprocessing: Preprocessing
    fingerprint: str
    items: Split | None = None

    @property
    def train(self) -> Dataset:
        """The training classes."""
        return self.part("train")

    @property
    def validation(self) -> Dataset:
        """The validation classes: early stopping, thresholds and calibration see these."""
        return self.part("validation")

    @property
    def test(self) -> Dataset:
        """The test classes: nothing is fitted on them."""
        return self.part("test")

    def part(self, name: str) -> Dataset:
        """Return the part of that name: its items where items are split, else all of its classes."""
        if self.items is None:
            return self.dataset.select(getattr(self.split, name))
        return self.dataset.take(np.array(getattr(self.items, name), dtype=np.int64))


def prepare(recipe: Recipe, progress: Progress | None = None) -> Prepared:
    """Open, decode and split the recipe's data.

    Raises:
        DataError: the data are absent, or too few for the split.
        RecipeError: the preprocessing or the encoder is refused.
    """
    if not recipe.data.source:
        raise RecipeError("The recipe names no data; set data.source to a folder, a zip, or a name such as omniglot.")
    source = open_source(recipe.data.source, **recipe.data.options)
    prepared = decoded(recipe, source, preprocessing_for(recipe, source), progress)
    return replace(prepared, preprocessing=normalised(recipe, prepared.preprocessing, prepared.train))


def decoded(recipe: Recipe, source: Source, preprocessing: Preprocessing, progress: Progress | None = None) -> Prepared:
    """Return a source's items in the form that a preprocessing gives them, split as the recipe says.

    Raises:
        DataError: the items are too few for the split.
    """
    dataset = without(grouped(recipe, decode_all(source, preprocessing, progress=progress)), recipe.data.ignore)
    split, items = split_of(recipe, dataset.classes), item_split_of(recipe, dataset)
    return Prepared(dataset, split, preprocessing, source.fingerprint, items)


def grouped(recipe: Recipe, dataset: Dataset) -> Dataset:
    """Return the data set with its item groups, where the recipe says how to tell them."""
    if not recipe.data.item_groups:
        return dataset
    return replace(dataset, item_groups=item_groups(dataset.names, recipe.data.item_groups, recipe.data.item_gap))


def split_of(recipe: Recipe, classes: Sequence[str]) -> Split:
    """Return the recipe's split of the classes: its file's, or by its patterns and shares.

    Raises:
        DataError: the file is absent or does not fit, or a part is too small.
    """
    if recipe.data.split_file:
        return read_split(recipe.data.split_file, classes)
    if recipe.data.split_by == "item_group":
        every = tuple(range(len(classes)))
        return Split(every, every if recipe.data.validation else (), every if recipe.data.test else ())
    return split_classes(
        classes,
        by=recipe.data.split_by,
        validation=recipe.data.validation,
        test=recipe.data.test,
        seed=recipe.training.seed,
    )


def item_split_of(recipe: Recipe, dataset: Dataset) -> Split | None:
    """Return the recipe's split of the items by what they show; None where classes are split.

    Raises:
        RecipeError: the recipe does not say how to tell the item groups, or a part is no share.
        DataError: see ``split_item_groups``.
    """
    data = recipe.data
    if data.split_by != "item_group" or data.split_file:
        return None
    if dataset.item_groups is None:
        raise RecipeError("data.split_by=item_group needs data.item_groups, a pattern that tells what an item shows.")
    if isinstance(data.validation, list) or isinstance(data.test, list):
        raise RecipeError("data.split_by=item_group takes shares for data.validation and data.test, such as 0.2.")
    return split_item_groups(
        dataset.classes, dataset.labels, dataset.item_groups, data.validation, data.test, recipe.training.seed
    )


def completed(recipe: Recipe) -> Recipe:
    """Return the recipe with what its encoder reads elsewhere written in, so that a model folder has it all."""
    kind = ENCODERS.get(str(recipe.encoder.get("name")), Encoder)
    return recipe.model_copy(update={"encoder": dict(kind.complete(recipe.encoder))})


def preprocessing_for(recipe: Recipe, source: Source) -> Preprocessing:
    """Return the recipe's preprocessing; what it leaves open comes from the encoder and from the pictures."""
    name = recipe.encoder.get("name", "")
    if name not in ENCODERS:
        raise RecipeError(f"Unknown encoder '{name}'.{did_you_mean(str(name), ENCODERS)}")
    chosen = recipe.preprocessing
    try:
        return Preprocessing(
            size=chosen.size or ENCODERS[name].expected(recipe.encoder).size,
            channels=chosen.channels or channels_of(source),
            fit=chosen.fit,
            background=chosen.background,
            trim=chosen.trim,
        )
    except ValueError as error:
        raise RecipeError(f"preprocessing: {error}") from error


def channels_of(source: Source) -> int:
    """Return 3 if any of a sample of the pictures has colour, else 1."""
    rows = np.unique(np.linspace(0, len(source.listing) - 1, SAMPLE).astype(int))
    return 3 if any(has_colour(source, int(row)) for row in rows) else 1


def has_colour(source: Source, row: int) -> bool:
    """Return whether a picture's red, green and blue differ; one that cannot be read has none."""
    try:
        image = source.image(row)
    except InputError:
        return False
    if image.mode in ("1", "L", "LA", "F") or image.mode.startswith("I"):
        return False
    pixels = np.asarray(image.convert("RGB").resize((32, 32))).astype(int)
    return bool((pixels.max(-1) - pixels.min(-1)).max() > 16)


def without(dataset: Dataset, patterns: list[str]) -> Dataset:
    """Return the data set without the classes whose path matches a pattern."""
    if not patterns:
        return dataset
    kept = [name for name in dataset.classes if not any(matches(name, pattern) for pattern in patterns)]
    if not kept:
        raise DataError(f"data.ignore {patterns} leaves no class of {len(dataset.classes)}; narrow the patterns.")
    return dataset.select(kept)


def normalised(recipe: Recipe, preprocessing: Preprocessing, dataset: Dataset) -> Preprocessing:
    """Return the preprocessing with the mean and deviation that the encoder expects, or else those of the items."""
    expected = ENCODERS[recipe.encoder["name"]].expected(recipe.encoder)
    if expected.mean is None or expected.std is None:
        return with_statistics(preprocessing, dataset)
    if preprocessing.channels == len(expected.mean):
        return replace(preprocessing, mean=expected.mean, std=expected.std)
    return replace(preprocessing, mean=(float(np.mean(expected.mean)),), std=(float(np.mean(expected.std)),))


def with_statistics(preprocessing: Preprocessing, dataset: Dataset) -> Preprocessing:
    """Return the preprocessing with the mean and deviation per channel of a spread of the items."""
    rows = np.unique(np.linspace(0, len(dataset) - 1, 10 * SAMPLE).astype(int))
    pixels = dataset.items(torch.from_numpy(rows)).double() / 255  # (S, C, H, W)
    mean, std = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3)).clamp(min=0.01)
    return replace(preprocessing, mean=tuple(mean.tolist()), std=tuple(std.tolist()))
