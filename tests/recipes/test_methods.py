"""``method=NAME`` in a recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import gemel
from gemel.assembly import assemble, sampler_of
from gemel.errors import RecipeError
from gemel.recipes import Recipe, packaged_recipes
from gemel.recipes.methods import DECIDED, METHODS


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains_on_the_default_recipe_s_data(method: str) -> None:
    two = ["sampler.tasks=2"] if METHODS[method].get("sampler", {}).get("name") == "tasks" else []
    once = ["learner.steps=1"] if method == "lstm_meta_learner" else []  # 80 numbers for each of the network's, a step
    recipe = Recipe.read(packaged_recipes()["likeness"], [f"method={method}", *two, *once])
    learner = assemble(recipe, channels=1, classes=40)
    batch = sampler_of(recipe, np.repeat(np.arange(40), 5)).batch(0)
    step = learner(batch.with_items(lambda indices: torch.zeros(len(indices), 1, 28, 28)))
    assert step.loss.isfinite()


def test_a_method_leaves_nothing_of_another_and_what_comes_after_changes_it() -> None:
    values = {"encoder": "residual", "learner": "triplet", "sampler": "triplets", "miner": "hard"}
    recipe = Recipe.of(values, ["method=matching", "learner.scale=5"])
    assert recipe == Recipe.of(
        {"encoder": "residual", **METHODS["matching"], "learner": {"name": "matching", "scale": 5}}
    )
    assert all(getattr(recipe, name) == getattr(Recipe(), name) for name in DECIDED if name not in METHODS["matching"])


def test_in_a_file_the_method_comes_first() -> None:
    recipe = Recipe.of({"learner": {"name": "matching", "context": "full"}, "method": "matching"})
    assert recipe.learner == {"name": "matching", "context": "full"}
    assert recipe.loss == {"name": "cross_entropy"}


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(
        RecipeError, match=r"Unknown method 'protonet'\. Did you mean|Unknown method 'protonet'\. Known"
    ):
        Recipe.of({}, ["method=protonet"])


def test_a_folder_is_learnt_by_the_method_named(glyph_folder: Path, tmp_path: Path) -> None:
    quick = (
        "method=prototypical",
        "preprocessing.size=16",
        "encoder={name: conv4, filters: 4}",
        "sampler.ways=3",
        "training={steps: 2, validate_every: 2, device: cpu, threads: 1, precision: float32}",
        "validation={ways: 2, queries: 2, episodes: 10}",
    )
    model = gemel.train(glyph_folder, tmp_path / "run", quick)
    assert model.recipe.learner == {"name": "episodic"}
