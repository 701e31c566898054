"""The runs of a folder, as their files tell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gemel.evaluation.verification import verification
from gemel.pages.runs import named, runs_in
from gemel.pages.tabs.runs import figure_name
from gemel.pages.texts import LANGUAGES, Texts
from gemel.workflows.card import estimates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    whole = tmp_path / "bench" / "whole"
    whole.mkdir(parents=True)
    (whole / "recipe.yaml").write_text("name: a\nlearner: {name: siamese}\nencoder: conv4\n")
    (whole / "model.json").write_text("{}")
    (whole / "model.json").write_text(json.dumps({"name": "a"}))
    record = {"step": 5, "loss": 0.5, "accuracy": 0.75, "items_per_second": 1.0, "seconds": 2.0, "metrics": {}}
    (whole / "history.json").write_text(json.dumps([record]))
    figures = {
        "classes": "test",
        "5_way_1_shot": {"protocol": "episodes", "accuracy": {"value": 0.9, "ci95": [0.8, 1.0]}},
    }
    (whole / "results.json").write_text(json.dumps(figures))
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for name in ("recipe.yaml", "model.json", "history.json", "results.json"):
        (damaged / name).write_text("{[\x00")
    return tmp_path


def test_runs_are_found_with_what_they_tell(folder: Path):
    whole, damaged = runs_in(folder)
    assert whole.name == "bench/whole"
    assert (whole.learner, whole.encoder) == ("siamese", "conv4")
    assert whole.finished
    assert whole.history[0].accuracy == 0.75
    assert list(whole.figures.values()) == [{"value": 0.9, "ci95": [0.8, 1.0]}]
    assert whole.pictures == {}
    assert damaged.name == "damaged"


def test_a_damaged_run_hides_no_other(folder: Path):
    damaged = runs_in(folder)[1]
    assert not damaged.finished
    assert damaged.history == ()
    assert damaged.figures == {}
    assert damaged.learner == "?"


def test_a_history_of_something_else_is_none(folder: Path):
    for text in ("[1]", '[{"step": 1}]', "{}", "3"):
        (folder / "bench" / "whole" / "history.json").write_text(text)
        assert runs_in(folder)[0].history == ()


def test_pictures_are_those_that_a_report_draws(folder: Path):
    pictures = folder / "bench" / "whole" / "pictures"
    pictures.mkdir()
    for name in ("roc.png", "other.png"):
        (pictures / name).write_bytes(b"")
    assert list(runs_in(folder)[0].pictures) == ["roc"]


def test_no_folder_holds_no_run(tmp_path: Path):
    assert runs_in(tmp_path / "absent") == []


def test_a_part_is_a_name_or_has_one():
    assert [named(part) for part in ("conv4", {"name": "mlp"}, {}, None, 3)] == ["conv4", "mlp", "?", "?", "3"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_a_report_has_words(language: str):
    rng, classes = np.random.default_rng(0), np.arange(40) % 5
    compared = verification(rng.random(40), np.arange(40) < 20, classes, (classes + (np.arange(40) >= 20)) % 5, 0.5)
    names = estimates({"20_way_1_shot": {"accuracy": {"value": 1, "ci95": [1, 1]}}, "verification": compared.to_json()})
    told = {name: figure_name(name, Texts(language)) for name in names}
    assert len(set(told.values())) == len(names) == 7
    assert not [name for name, words in told.items() if words == name.replace("_", " ")]
    assert "20" in told["20_way_1_shot accuracy"]
    assert told["verification tar_at_far 0.001"].count("0.001") == 1


def test_other_figures_keep_their_names_and_half_a_figure_is_none():
    assert figure_name("recall_at 5", Texts("en")) == "recall at 5"
    assert estimates({"official": {"error": 0.1, "ci95": [0.0, 0.2]}}) == {}
