from __future__ import annotations

import json
from pathlib import Path

from gemel.data import Split
from gemel.recipes import Recipe
from gemel.workflows.preparing import split_of

CLASSES = tuple(f"a{group}/c{number}" for group in range(3) for number in range(4))


def test_a_split_file_stands_in_for_patterns_and_shares(tmp_path: Path) -> None:
    lists = {"train": ["a0/c0", "a0/c1"], "val": ["a1/c0", "a1/c1"], "test": ["a2/c2", "a2/c3"]}
    (tmp_path / "split.json").write_text(json.dumps(lists))
    recipe = Recipe.of({"data": {"validation": 0.5, "split_file": str(tmp_path / "split.json")}})
    assert split_of(recipe, CLASSES) == Split((0, 1), (4, 5), (10, 11))


def test_without_one_patterns_and_shares_decide() -> None:
    recipe = Recipe.of({"data": {"split_by": "group", "validation": "a1/*", "test": "a2/*"}})
    assert split_of(recipe, CLASSES) == Split((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11))
