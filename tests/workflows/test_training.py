from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import gemel
from gemel.assembly import assemble
from gemel.data import Dataset
from gemel.errors import DataError, GemelError, ModelError, RecipeError
from gemel.loading import load
from gemel.recipes import Recipe, recipe_for
from gemel.recipes.recipe import Validation
from gemel.training.checkpoint import Checkpoint
from gemel.workflows.card import card
from gemel.workflows.evaluating import Plan, evaluate, unseen
from gemel.workflows.reporting import shown
from gemel.workflows.run_folder import check_folder
from gemel.workflows.validating import fitting_episode

QUICK = (
    "preprocessing.size=16",
    "encoder={name: residual, dimensions: 8, widths: [4, 8], stem_stride: 2}",
    "sampler.batch_size=8",
    "training={steps: 4, validate_every: 2, device: cpu, threads: 1, precision: float32}",
    "validation={ways: 2, queries: 2, episodes: 10}",
)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


def test_a_folder_becomes_a_model_that_loads_as_it_was_returned(glyph_folder: Path, tmp_path: Path) -> None:
    strange = glyph_folder.rename(tmp_path / 'it\'s a "größer" \\folder 😀')
    model = gemel.train(strange, tmp_path / "run", QUICK)
    loaded = load(tmp_path / "run")
    picture, other = sorted(strange.rglob("*.png"))[:2]
    assert np.array_equal(loaded.embed([picture, other]), model.embed([picture, other]))
    assert loaded.verify(picture, other) == model.verify(picture, other)
    assert loaded.verify(picture, picture).same
    assert loaded.recipe.data.source == str(strange)
    split = loaded.facts["split"]
    assert sum(len(part) for part in split.values()) == len(set().union(*split.values())) == 12
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {"checkpoint.pt", "history.json", "model.json"}


def refused(kind: type[GemelError], source: Path, run: Path, *overrides: str, resume: bool = False) -> str:
    with pytest.raises(kind) as error:
        gemel.train(source, run, [*QUICK, *overrides], resume)
    return str(error.value)


def test_what_is_refused_leaves_no_run_behind(glyph_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert "Unknown option 'marginn'" in refused(RecipeError, glyph_folder, run, "loss.marginn=1")
    assert "batch_size is 0" in refused(RecipeError, glyph_folder, run, "sampler.batch_size=0")
    assert "Unknown option 'rotat'" in refused(RecipeError, glyph_folder, run, "augmentation.rotat=1")
    assert refused(DataError, glyph_folder, run, "data.validation=0") == (
        "0 of 0 validation class(es) hold 2 items or more; 2 are needed to tell how good the model gets. Add items, or "
        "raise data.validation."
    )
    assert "hold 7 items or more" in refused(DataError, glyph_folder, run, "validation.shots=6")
    assert not run.exists()


def test_a_run_folder_is_used_once(glyph_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / ".recipe.yaml.123.part").touch()  # what a killed process left
    gemel.train(glyph_folder, run, QUICK)
    assert refused(ModelError, glyph_folder, run) == (
        f"{run} is not empty; choose another --out, or go on with --resume."
    )
    assert refused(ModelError, glyph_folder, run, "training.seed=1", resume=True) == (
        f"{run} was begun with another recipe; resume with the same one, or train into a new folder."
    )
    before = (run / "model.safetensors").read_bytes()
    gemel.train(glyph_folder, run, QUICK, resume=True)
    assert (run / "model.safetensors").read_bytes() == before
    assert not list(run.glob(".*"))


#: A writer's drawings, of whatever class, stay in one part.
BY_WRITER = (
    "data.split_by=item_group",
    r"data.item_groups='writer(\d+)'",
    "data.validation=0.33",
    "data.test=0.33",
)


def test_items_are_split_by_what_they_show(glyph_folder: Path, tmp_path: Path) -> None:
    model = gemel.train(glyph_folder, tmp_path / "run", [*QUICK, *BY_WRITER])
    parts = load(tmp_path / "run").facts["items"]
    writers = {part: {name[-6:-4] for name in names} for part, names in parts.items()}
    assert [len(parts[part]) for part in ("train", "validation", "test")] == [24, 24, 24]
    assert len(writers["train"] | writers["validation"] | writers["test"]) == 6
    assert all(len(names) == 12 for names in model.facts["split"].values())

    test = unseen(model)
    assert test.item_groups is not None
    assert sorted(test.names) == sorted(parts["test"])
    assert shown(model)[1].names == test.names
    assert evaluate(model, plan=Plan(queries=1, episodes=20)).to_json()["accuracy"]["value"] > 0
    with pytest.raises(DataError, match="with 2 items for the support and 1 for queries that show other things"):
        evaluate(model, plan=Plan(shots=2, queries=1, episodes=20))
    assert "| items | number |" in card(model, {})
    assert "| training | 24 |" in card(model, {})


def test_a_split_by_item_group_needs_a_pattern_and_shares(glyph_folder: Path, tmp_path: Path) -> None:
    assert refused(RecipeError, glyph_folder, tmp_path / "run", "data.split_by=item_group") == (
        "data.split_by=item_group needs data.item_groups, a pattern that tells what an item shows."
    )
    assert refused(RecipeError, glyph_folder, tmp_path / "run", *BY_WRITER, "data.test=[a/*]") == (
        "data.split_by=item_group takes shares for data.validation and data.test, such as 0.2."
    )
    assert refused(DataError, glyph_folder, tmp_path / "run", *BY_WRITER, "data.item_groups=alphabet") == (
        "the class 'alphabet00/character00' has 1 item group(s), and none is left for the validation part; add items "
        "of other things, or set validation or test to 0"
    )


def test_classes_of_one_thing_are_no_episode(glyph_folder: Path, tmp_path: Path) -> None:
    assert refused(DataError, glyph_folder, tmp_path / "run", "data.item_groups=alphabet") == (
        "0 of 2 validation class(es) hold 2 items or more, of two things at least; 2 are needed to tell how good the "
        "model gets. Add items, or raise data.validation."
    )


PIXELS = (
    *QUICK,
    "encoder=pixels",
    "similarity={name: nearest, inner: euclidean}",
    "learner=siamese",
    "loss=contrastive",
    "sampler=class_items",
)


def test_what_learns_nothing_is_calibrated_and_no_more(glyph_folder: Path, tmp_path: Path) -> None:
    model = gemel.train(glyph_folder, tmp_path / "run", [*PIXELS, "training.steps=0"])
    assert model.facts["training"]["steps"] == 0
    assert model.facts["training"]["validation_accuracy"] > 0.5
    picture, other = sorted(glyph_folder.rglob("*.png"))[:2]
    assert model.embed([picture]).shape == (1, 16 * 16)
    assert model.verify(picture, picture).same
    loaded = load(tmp_path / "run")
    assert loaded.verify(picture, other) == model.verify(picture, other)
    assert loaded.identify([picture], {"a": [picture], "b": [other]})[0].matches[0].label == "a"
    again = gemel.train(glyph_folder, tmp_path / "run", [*PIXELS, "training.steps=0"], resume=True)
    assert again.thresholds == model.thresholds


def test_any_model_can_be_calibrated_as_it_starts(glyph_folder: Path, tmp_path: Path) -> None:
    model = gemel.train(glyph_folder, tmp_path / "run", [*QUICK, "training.steps=0"])
    start = assemble(model.recipe, 1, classes=8).state_dict()
    assert all(
        torch.equal(value, start[name]) for name, value in model.learner.encoder.state_dict(prefix="encoder.").items()
    )


def test_steps_are_refused_where_nothing_learns(glyph_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as error:
        gemel.train(glyph_folder, tmp_path / "run", PIXELS)
    assert str(error.value) == (
        "Nothing learns in encoder 'pixels' with similarity 'nearest'; set training.steps=0, and they are calibrated "
        "as they are."
    )
    assert not (tmp_path / "run").exists()


def test_a_folder_that_changed_is_not_resumed(glyph_folder: Path, tmp_path: Path) -> None:
    gemel.train(glyph_folder, tmp_path / "run", QUICK)
    sorted(glyph_folder.rglob("*.png"))[0].unlink()
    assert "is of another recipe or other data" in refused(ModelError, glyph_folder, tmp_path / "run", resume=True)


def test_a_run_begun_before_a_key_was_known_goes_on(glyph_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    gemel.train(glyph_folder, run, QUICK)
    weights, text = (run / "model.safetensors").read_bytes(), (run / "recipe.yaml").read_text()
    older = text.replace("  mirror: false\n", "")
    assert older != text
    (run / "recipe.yaml").write_text(older)
    checkpoint = Checkpoint.read(run)
    replace(checkpoint, recipe=checkpoint.recipe.replace(text, older)).write(run)
    gemel.train(glyph_folder, run, QUICK, resume=True)
    assert (run / "model.safetensors").read_bytes() == weights


def test_folders_that_cannot_hold_a_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        check_folder(tmp_path / "none", Recipe(), resume=True)
    assert str(error.value) == f"{tmp_path / 'none'} holds no run to resume; start the training without --resume."
    (tmp_path / "file").touch()
    for resume in (False, True):
        with pytest.raises(ModelError) as error:
            check_folder(tmp_path / "file", Recipe(), resume)
        assert str(error.value) == f"{tmp_path / 'file'} is a file; choose a folder for the run."


def test_a_source_is_a_recipe_s_file_data_or_a_packaged_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    assert recipe_for(tmp_path / "mine.yaml", ["training.steps=3"]).name == "mine"
    assert recipe_for(tmp_path, []).data.source == str(tmp_path)
    assert recipe_for("characters", []).name == "characters"
    with pytest.raises(RecipeError) as error:
        recipe_for("charactrs", [])
    assert str(error.value) == ("'charactrs' is neither a path nor a packaged recipe. Did you mean 'characters'?")


@pytest.mark.parametrize(
    ("groups", "ways", "expected"),
    [("aaaa", 20, (4, 1)), ("aaaa", 2, (2, 5)), ("aabb", 20, (2, 5)), ("abbb", 20, (3, 1)), ("aabb", 1, (1, 5))],
)
def test_validation_episodes_are_lowered_to_what_a_group_holds(groups, ways, expected):
    sizes = [9, 7, 6, 2]
    data = Dataset(
        images=np.zeros((24, 1, 2, 2), np.uint8),
        labels=np.repeat(np.arange(4), sizes),
        names=("",) * 24,
        classes=tuple("wxyz"),
    )
    plan = Validation.model_construct(ways=ways, shots=1, queries=5)
    if ways == 1:
        with pytest.raises(DataError, match="1 of 4 validation"):
            fitting_episode(data, groups, plan)
    else:
        assert fitting_episode(data, groups, plan) == expected


def test_a_whitened_learner_takes_the_training_classes_and_their_copies(glyph_folder: Path, tmp_path: Path) -> None:
    quick = (
        *QUICK,
        "method=whitened",
        "encoder={name: orientations, cell: 4}",
        "training.steps=0",
        "augmentation.flip=0.5",
    )
    model = gemel.train(glyph_folder, tmp_path / "run", (*quick, "validation.mirror=true"))
    picture = min(glyph_folder.rglob("*.png"))
    assert bool(load(tmp_path / "run").learner.settled)
    assert model.verify(picture, picture).same
    mirrored = np.array(Image.open(picture))[:, ::-1]
    assert np.allclose(model.embed([picture]), model.embed([mirrored]), atol=1e-4)
    again = gemel.train(glyph_folder, tmp_path / "again", (*quick, "learner.copies=0"))
    assert not torch.equal(model.learner.whitening, again.learner.whitening)  # type: ignore[arg-type]
