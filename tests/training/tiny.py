"""Trainings that take a second: made-up characters in memory, a tiny network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.data import Dataset, Preprocessing, Split
from gemel.data.sources.glyphs import draw_glyphs
from gemel.recipes import Recipe
from gemel.training.progress import Record, Reporter, Silent
from gemel.training.trainer import Trainer
from gemel.workflows.preparing import Prepared, with_statistics
from gemel.workflows.training import trainer_for

SIZE, CHARACTERS, WRITERS = 20, 6, 5

PLAIN: dict[str, Any] = {
    "encoder": {"name": "residual", "dimensions": 12, "widths": [6, 12], "stem_stride": 2},
    "sampler": {"name": "items", "batch_size": 12},
    "training": {"steps": 20, "validate_every": 6, "precision": "float32", "device": "cpu", "threads": 1},
    "validation": {"ways": 4, "queries": 2, "episodes": 20},
}


def prepared_glyphs() -> Prepared:
    """Return three alphabets of six characters: two to train on, one to validate on."""
    pages = np.concatenate([draw_glyphs(alphabet, CHARACTERS, WRITERS, SIZE) for alphabet in range(3)])
    images = pages.reshape(-1, 1, SIZE, SIZE)
    classes = tuple(f"alphabet{number // CHARACTERS}/character{number % CHARACTERS}" for number in range(len(pages)))
    names = tuple(f"{path}/{writer}" for path in classes for writer in range(WRITERS))
    dataset = Dataset(images, np.repeat(np.arange(len(pages)), WRITERS), names, classes)
    split = Split(tuple(range(2 * CHARACTERS)), tuple(range(2 * CHARACTERS, 3 * CHARACTERS)), ())
    preprocessing = with_statistics(Preprocessing(size=(SIZE, SIZE)), dataset.select(split.train))
    return Prepared(dataset, split, preprocessing, fingerprint="glyphs")


def tiny(*overrides: str) -> Recipe:
    """Return the plain recipe with overrides."""
    return Recipe.of(PLAIN, overrides)


def trainer_in(run: Path, prepared: Prepared, recipe: Recipe, reporter: Reporter | None = None) -> Trainer:
    """Return a trainer that writes into ``run``."""
    return trainer_for(recipe, prepared, run, reporter or Silent())


def untimed(history: list[Record]) -> list[Record]:
    """Return the records without what the clock says."""
    return [replace(record, items_per_second=0.0, seconds=0.0) for record in history]


def same_state(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Tell whether two states agree to the bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
