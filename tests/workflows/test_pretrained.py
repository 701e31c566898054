"""Encoders that have learnt already, from pictures to a model folder and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import gemel
from gemel.cli.main import outcome
from gemel.encoders.pretrained import transformers
from gemel.errors import RecipeError
from gemel.learners import SimpleShot
from gemel.loading import load
from gemel.model import Model
from gemel.randomness import seeded
from gemel.recipes import recipe_for
from tests.encoders.tiny_published import FACTS

QUICK = (
    "training={steps: 0, device: cpu, threads: 1, precision: float32}",
    "validation={ways: 2, queries: 2, episodes: 10}",
    "sampler.batch_size=4",
)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return the folder of a very small DINOv2."""
    library = transformers()
    with seeded(0):
        library.AutoModel.from_config(library.AutoConfig.for_model(**FACTS["config"])).save_pretrained(tmp_path / "hub")
    return tmp_path / "hub"


def trained(photos: Path, published: Path, run: Path, *overrides: str) -> Model:
    encoder = f"encoder={{name: pretrained, model: {published}}}"
    return gemel.train(photos, run, [*QUICK, encoder, *overrides], base="pretrained")


def test_without_training_it_is_calibrated_and_its_folder_is_complete(
    glyph_folder: Path, published: Path, tmp_path: Path
) -> None:
    model = trained(glyph_folder, published, tmp_path / "run")
    shutil.rmtree(published)
    loaded = load(tmp_path / "run")
    pictures = sorted(glyph_folder.rglob("*.png"))[:3]
    assert np.array_equal(loaded.embed(pictures), model.embed(pictures))
    assert loaded.verify(pictures[0], pictures[0]).same
    assert loaded.preprocessing.size == (28, 28)
    assert loaded.preprocessing.mean == (0.5, 0.5, 0.5)  # the model's own, for it came without a preprocessor
    assert loaded.facts["training"]["steps"] == 0
    assert 0 < loaded.facts["training"]["validation_accuracy"] <= 1


def test_its_centre_is_that_of_the_training_classes(glyph_folder: Path, published: Path, tmp_path: Path) -> None:
    model = trained(glyph_folder, published, tmp_path / "run")
    learner = model.learner
    assert isinstance(learner, SimpleShot)
    assert learner.settled
    train = [path for name in model.facts["split"]["train"] for path in sorted((glyph_folder / name).glob("*.png"))]
    learner.settled.fill_(False)
    with torch.no_grad():
        torch.testing.assert_close(learner.centre, torch.from_numpy(model.embed(train)).mean(0), atol=1e-5, rtol=1e-4)


def test_its_last_block_can_be_tuned(glyph_folder: Path, published: Path, tmp_path: Path) -> None:
    still = trained(glyph_folder, published, tmp_path / "still").learner.state_dict()
    tuned = trained(
        glyph_folder, published, tmp_path / "tuned", "training.steps=2", "encoder.tune=last_block"
    ).learner.state_dict()
    changed = {name for name in still if name.startswith("encoder.") and not torch.equal(still[name], tuned[name])}
    assert changed
    assert all(name.startswith(("encoder.body.encoder.layer.1.", "encoder.body.layernorm.")) for name in changed)


def test_the_command_takes_data_and_a_recipe(
    glyph_folder: Path, published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = f"encoder={{name: pretrained, model: {published}}}"
    run = tmp_path / "run"
    words = ["train", glyph_folder, *QUICK, encoder, "--recipe", "pretrained", "--no-pictures", "--out", run]
    assert outcome([str(word) for word in words]) == 0, capsys.readouterr().err
    assert load(run).recipe.name == "pretrained"
    assert load(run).recipe.data.source == str(glyph_folder)


def test_a_recipe_for_the_data_keeps_none_of_its_own(tmp_path: Path) -> None:
    recipe = recipe_for(tmp_path, ["data.split_by=group"], base="characters")
    assert recipe.name == "characters"
    assert (recipe.data.source, recipe.data.split_by, recipe.data.test) == (str(tmp_path), "group", 0.15)
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    assert recipe_for(tmp_path, [], base=tmp_path / "mine.yaml").name == "mine"
    with pytest.raises(RecipeError) as error:
        recipe_for(tmp_path, [], base="pretraind")
    assert str(error.value) == (
        "'pretraind' is neither a recipe's file nor a packaged recipe. Did you mean 'pretrained'?"
    )


def test_a_recipe_alone_is_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(RecipeError, match="The recipe names no data"):
        gemel.train(None, tmp_path / "run", base=tmp_path / "mine.yaml")
