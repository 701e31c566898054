"""A training that begins with what another run has learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import gemel
from gemel.assembly import assemble
from gemel.data.augmentation import Augmentation
from gemel.errors import DataError, ModelError, RecipeError
from gemel.loading import load
from gemel.model import Model
from gemel.recipes import recipe_for
from gemel.training.feature_feed import FeatureFeed
from gemel.training.feed import Feed, PictureFeed
from gemel.workflows.feeding import feed_for
from gemel.workflows.preparing import prepare
from gemel.workflows.starting import begin
from tests.workflows.test_training import QUICK


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def first(glyph_folder: Path, tmp_path: Path) -> Model:
    return gemel.train(glyph_folder, tmp_path / "first", QUICK)


def begun(glyph_folder: Path, first: Model, *overrides: str) -> Model:
    assert first.folder is not None
    run = first.folder.parent / "second"
    return gemel.train(glyph_folder, run, [*QUICK, f"training.start={first.folder}", *overrides])


def test_another_method_answers_on_the_same_encoder_without_training(glyph_folder: Path, first: Model) -> None:
    model = begun(glyph_folder, first, "learner=transductive", "training.steps=0")
    picture = sorted(glyph_folder.rglob("*.png"))[:3]
    np.testing.assert_array_equal(model.embed(picture), first.embed(picture))
    assert model.thresholds == first.thresholds
    assert model.facts["training"]["steps"] == 0
    assert load(model.folder or "").facts["start"] == {
        "weights_sha256": first.facts["weights_sha256"], **first.facts["training"]
    }  # fmt: skip


def test_the_run_to_begin_with_is_read_once(glyph_folder: Path, first: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(model: str | Path) -> Model:
        read.append(str(model))
        return load(model)

    monkeypatch.setattr("gemel.workflows.training.load", noted)
    monkeypatch.setattr("gemel.workflows.starting.load", noted)
    begun(glyph_folder, first, "training.steps=0")
    assert read.count(str(first.folder)) == 1


def test_training_goes_on_from_there(glyph_folder: Path, first: Model) -> None:
    model = begun(glyph_folder, first, "training.learning_rate=0.0000001", "training.average=0")
    near, far = (
        sum(float((a - b).abs().max()) for a, b in zip(model.learner.encoder.parameters(), other, strict=True))
        for other in (first.learner.encoder.parameters(), map(torch.zeros_like, first.learner.encoder.parameters()))
    )
    assert 0 < near < 1e-4 * far


@pytest.mark.parametrize("augmentation", ["{}", "{rotate: 5}"])
def test_a_frozen_encoder_stays_while_the_rest_learns(glyph_folder: Path, first: Model, augmentation: str) -> None:
    same = [
        "learner={name: mann, ways: 4, units: 12}",
        "loss=cross_entropy",
        "sampler={name: tasks, ways: 4, tasks: 2, queries: 1}",
    ]
    model = begun(
        glyph_folder, first, *same, "training.frozen=true", "training.average=0", f"augmentation={augmentation}"
    )
    kept, before = model.learner.encoder.state_dict(), first.learner.encoder.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in before.items())  # running statistics as well
    untrained = assemble(model.recipe, 1, classes=8).state_dict()
    assert not torch.equal(model.learner.state_dict()["head.weight"], untrained["head.weight"])


def test_what_a_frozen_encoder_finds_is_found_once(
    glyph_folder: Path, first: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = (
        "learner={name: mann, ways: 4}",
        "loss=cross_entropy",
        "sampler={name: tasks, ways: 4, tasks: 2, queries: 1}",
    )
    frozen = (*QUICK, *head, f"training.start={first.folder}", "training.frozen=true", "augmentation={}")
    recipe = recipe_for(glyph_folder, frozen)
    prepared = prepare(recipe)
    learner = assemble(recipe, 1, classes=8)
    begin(learner, recipe, prepared, first)

    def feed(*others: str) -> Feed:
        return feed_for(recipe_for(glyph_folder, (*frozen, *others)), prepared.preprocessing, prepared.train, learner)

    kept = feed()
    assert isinstance(kept, FeatureFeed)
    seen = PictureFeed(prepared.train, kept.sampler, prepared.preprocessing, Augmentation(), 0, torch.device("cpu"))
    for step in range(3):
        for picture, features in zip(seen.batch(step).parts(), kept.batch(step).parts(), strict=True):
            assert torch.allclose(learner.encode(picture), learner.encode(features), atol=1e-5)
    for varied in ("augmentation.rotate=5", "data.mixing=1", "training.frozen=false"):
        assert not isinstance(feed(varied), FeatureFeed)
    with monkeypatch.context() as patch:
        patch.setattr("gemel.training.feature_feed.MOST_BYTES", 1)
        assert isinstance(feed(), PictureFeed)
    monkeypatch.setattr(type(learner), "learns_from_features", False)
    assert isinstance(feed(), PictureFeed)


def test_only_an_encoder_that_is_begun_with_can_be_frozen(glyph_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"training.frozen keeps the encoder that training.start names; name a run"):
        gemel.train(glyph_folder, tmp_path / "third", [*QUICK, "training.frozen=true"])


def test_what_it_has_learnt_from_is_not_kept_for_tests(glyph_folder: Path, first: Model) -> None:
    with pytest.raises(DataError, match=r"has learnt from \d+ classes or items that are kept for validation or test"):
        begun(glyph_folder, first, "training.seed=1")


def test_another_encoder_is_refused(glyph_folder: Path, first: Model, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"training.start: the encoder of .* is .*'dimensions': 8"):
        begun(glyph_folder, first, "encoder.dimensions=9")
    with pytest.raises(ModelError, match="There is no model"):
        gemel.train(glyph_folder, tmp_path / "third", [*QUICK, "training.start=nowhere"])
    assert not (tmp_path / "third" / "recipe.yaml").exists()
