"""The character model that comes with the package: small, whole, and good for what it never saw."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import gemel
from gemel.data.sources.glyphs import draw_glyphs
from gemel.loading import located
from gemel.model import Model
from gemel.recipes import Recipe, packaged_recipes
from gemel.workflows.evaluating import Plan, evaluate

LARGEST = 5_000_000


@pytest.fixture(scope="module")
def characters() -> Model:
    return gemel.load("characters")


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in located("characters").iterdir()) <= LARGEST


def test_it_is_trained_by_the_packaged_recipe(characters: Model) -> None:
    assert characters.recipe == Recipe.read(packaged_recipes()["characters"])


def test_it_names_no_folder_of_the_machine_that_trained_it() -> None:
    for path in located("characters").glob("*.*"):
        if path.suffix in (".json", ".yaml", ".md"):
            text = path.read_text(encoding="utf-8")
            assert not re.findall(r"""(?:^|[\s"'(=`])(/\w+/\S*)""", text), path.name  # what begins at a root


def test_its_test_classes_are_the_evaluation_alphabets(characters: Model) -> None:
    split = characters.facts["split"]
    assert all(name.startswith("images_evaluation/") for name in split["test"])
    assert all(name.startswith("images_background/") for name in (*split["train"], *split["validation"]))
    assert not set(split["train"]) & set(split["validation"])
    assert len(split["test"]) == 659


def test_it_recognises_made_up_characters(characters: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawings = draw_glyphs(7, characters=10, writers=4, size=64, seed=5)  # (10, 4, 64, 64)
    support = {str(number): [drawings[number, 0], drawings[number, 1]] for number in range(10)}
    found = characters.identify([drawings[number, 2] for number in range(10)], support)
    assert sum(one.matches[0].label == str(number) for number, one in enumerate(found)) >= 8


def test_paper_and_slate_are_one(characters: Model) -> None:
    drawing = draw_glyphs(3, characters=1, writers=1, size=64, seed=5)[0, 0]
    assert characters.score(drawing, np.subtract(255, drawing)) > 0.99


def test_one_shot_on_real_digits(characters: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path))
    result = evaluate(characters, "episodes", "digits", Plan(ways=10, shots=1, queries=10, episodes=100)).to_json()
    assert result["accuracy"]["value"] > 0.5  # by guessing, 0.1
