"""A model folder gives back the model that was saved, or one clear error."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gemel.errors import ModelError
from gemel.files import sha256
from gemel.loading import load
from gemel.model import Model
from gemel.randomness import numpy_generator
from tests.model.drawn import PAGES, support


def test_a_loaded_model_answers_as_the_saved_one_to_the_bit(tiny_model: Model, saved: Path) -> None:
    loaded = load(saved)
    state = tiny_model.learner.state_dict()
    for name, value in loaded.learner.state_dict().items():
        assert name.startswith("loss.") or torch.equal(value, state[name])
    assert np.array_equal(loaded.embed(list(PAGES[0])), tiny_model.embed(list(PAGES[0])))
    assert loaded.verify(PAGES[0, 0], PAGES[1, 0]) == tiny_model.verify(PAGES[0, 0], PAGES[1, 0])
    assert loaded.identify(list(PAGES[:, 3]), support()) == tiny_model.identify(list(PAGES[:, 3]), support())
    assert (loaded.recipe, loaded.preprocessing) == (tiny_model.recipe, tiny_model.preprocessing)
    assert (loaded.calibration, loaded.thresholds) == (tiny_model.calibration, tiny_model.thresholds)
    assert loaded.folder == saved


def test_a_model_saved_again_has_the_same_files(saved: Path, tmp_path: Path) -> None:
    load(saved).save(tmp_path / "again")
    assert {path.name for path in saved.iterdir()} == {"model.json", "model.safetensors", "recipe.yaml"}
    for path in saved.iterdir():
        if path.name != "model.json":
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    first, second = (json.loads((where / "model.json").read_text()) for where in (saved, tmp_path / "again"))
    assert {key: second[key] for key in first} == first


def test_a_loaded_model_is_only_for_use(saved: Path) -> None:
    learner = load(saved).learner
    assert not learner.training
    assert not any(parameter.requires_grad for parameter in learner.parameters())


def test_loading_leaves_the_global_generator_alone(saved: Path) -> None:
    before = torch.get_rng_state()
    load(saved)
    assert torch.equal(torch.get_rng_state(), before)


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as error:
        load(folder)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


FILES = ("model.json", "model.safetensors", "recipe.yaml")


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused(name: str, folder: Path) -> None:
    content = (folder / name).read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 2):
        (folder / name).write_bytes(content[:length])
        assert str(folder) in refusal(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_noise_is_refused(name: str, folder: Path) -> None:
    (folder / name).write_bytes(numpy_generator(0, "noise").bytes(500))
    assert "is damaged" in refusal(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(name: str, folder: Path) -> None:
    (folder / name).unlink()
    expected = f"{folder} holds no model.json: it is no model." if name == "model.json" else str(folder / name)
    assert expected in refusal(folder)


def test_a_changed_weight_is_refused(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-5] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    assert refusal(folder) == (
        f"The model in {folder} is damaged: the weights are not those that model.json names. Train it again, or "
        "restore the folder."
    )


def test_another_recipe_is_refused(folder: Path) -> None:
    text = (folder / "recipe.yaml").read_text()
    for former, new in (("dimensions: 16", "dimensions: 24"), ("  - 16\n", "  - 16\n  - 16\n")):
        (folder / "recipe.yaml").write_text(text.replace(former, new))
        assert "the recipe is not the one that model.json names." in refusal(folder)
        hashed = sha256(folder / "recipe.yaml")
        assert "the weights do not fit the recipe" in edited(
            folder, lambda d, hashed=hashed: d.update(recipe_sha256=hashed)
        )


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    described = json.loads((folder / "model.json").read_text())
    change(described)
    (folder / "model.json").write_text(json.dumps(described))
    return refusal(folder)


@pytest.mark.parametrize("key", ["preprocessing", "calibration", "thresholds", "weights_sha256"])
@pytest.mark.parametrize("value", [None, 5, "x", [], [1], {}, {"a": 1}])
def test_a_wrong_value_in_the_description_is_refused(key: str, value: object, folder: Path) -> None:
    assert f"The model in {folder} is damaged: " in edited(folder, lambda described: described.update({key: value}))


@pytest.mark.parametrize("key", ["preprocessing", "calibration", "thresholds", "weights_sha256"])
def test_a_missing_value_in_the_description_is_refused(key: str, folder: Path) -> None:
    assert f"The model in {folder} is damaged: " in edited(folder, lambda described: described.pop(key))


@pytest.mark.parametrize("text", ["[]", "5", "null", "{}", '"x"', "[" * 100_000, "\udcff"])
def test_a_description_of_another_shape_is_refused(text: str, folder: Path) -> None:
    (folder / "model.json").write_bytes(text.encode(errors="surrogateescape"))
    assert f"{folder / 'model.json'} is damaged" in refusal(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    message = edited(folder, lambda described: described.update(format=2))
    assert message == f"{folder} has format 2; this Gemel reads 1. Install the Gemel that wrote it."


def test_no_folder_an_empty_one_and_an_unfinished_run(folder: Path, tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == (
        f"There is no model '{tmp_path / 'none'}': neither a folder of that path nor a packaged model of that name."
    )
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty") == f"{tmp_path / 'empty'} holds no model.json: it is no model."
    (folder / "model.json").unlink()
    (folder / "checkpoint.pt").touch()
    assert refusal(folder) == (
        f"{folder} holds no model.json: its training has not finished; run gemel train again with --resume."
    )


class Trap:
    """Touches a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("how", ["pickle", "torch"])
def test_nothing_is_unpickled(how: str, folder: Path, tmp_path: Path) -> None:
    weights = folder / "model.safetensors"
    trap = Trap(tmp_path / "sprung")
    weights.write_bytes(pickle.dumps(trap)) if how == "pickle" else torch.save({"weight": trap}, weights)
    assert "the weights are not those" in refusal(folder)
    assert "the weights do not fit the recipe" in edited(folder, lambda d: d.update(weights_sha256=sha256(weights)))
    assert not (tmp_path / "sprung").exists()
