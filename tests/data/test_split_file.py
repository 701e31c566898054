from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gemel.data import Split, read_split
from gemel.errors import DataError

CLASSES = tuple(f"images/{alphabet}/{character}" for alphabet in "ABC" for character in ("c1", "c2", "c3"))


def written(folder: Path, lists: Any) -> Path:
    path = folder / "split.json"
    path.write_text(lists if isinstance(lists, str) else json.dumps(lists))
    return path


def refusal(folder: Path, lists: Any) -> str:
    path = written(folder, lists)
    with pytest.raises(DataError) as error:
        read_split(path, CLASSES)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(path), "FILE")


@pytest.mark.parametrize("key", ["val", "validation"])
def test_names_are_paths_or_their_ends(tmp_path: Path, key: str) -> None:
    lists = {"train": ["A/c2", "images/A/c1"], key: ["B/c1", "B/c3"], "test": ["C/c1", "C/c2", "C/c3"]}
    assert read_split(written(tmp_path, lists), CLASSES) == Split((0, 1), (3, 5), (6, 7, 8))


def test_a_whole_path_comes_before_an_ending(tmp_path: Path) -> None:
    lists = {"train": ["a", "b"]}
    assert read_split(written(tmp_path, lists), ("a", "b", "x/a", "x/y/b")) == Split((0, 1), (), ())


def test_it_is_looked_for_among_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "omniglot").mkdir()
    written(tmp_path / "omniglot", {"train": ["A/c1", "A/c2"], "test": ["B/c1", "B/c2"]})
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path))
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
    assert read_split("omniglot/split.json", CLASSES) == Split((0, 1), (), (3, 4))
    with pytest.raises(DataError) as error:
        read_split("omniglot/none.json", CLASSES)
    assert str(error.value) == (
        "the split file 'omniglot/none.json' is not here; put it at omniglot/none.json or "
        f"{tmp_path}/omniglot/none.json or {tmp_path}/cache/omniglot/none.json"
    )


def test_a_name_that_fits_none_or_several_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"train": ["A/c1", "A/c9"]}) == (
        "'A/c9', which FILE lists for train, is no class of the data"
    )
    assert refusal(tmp_path, {"train": ["A/c1", "A/c2"], "test": ["c1", "c2"]}) == (
        "'c1', which FILE lists for test, fits 3 classes; write more of its path"
    )


def test_parts_must_be_apart_and_large_enough(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"train": ["A/c1", "A/c2"], "test": ["A/c2", "A/c3"]}) == (
        "FILE lists the class 'images/A/c2' for both train and test"
    )
    assert refusal(tmp_path, {"train": ["A/c1", "A/c2"], "val": ["B/c1", "images/B/c1"]}) == (
        "FILE lists 1 class(es) for val; at least 2 are needed"
    )
    assert refusal(tmp_path, {"train": []}) == "FILE lists 0 class(es) for train; at least 2 are needed"


@pytest.mark.parametrize("lists", ["[]", "3", '{"test": ["a"]}', '{"train": "a"}', '{"train": [1, 2]}'])
def test_what_is_no_split_is_told_its_form(tmp_path: Path, lists: str) -> None:
    assert refusal(tmp_path, lists) == (
        'FILE is no split; {"train": [...], "val": [...], "test": [...]} of class paths is expected'
    )


def test_broken_files_and_unknown_parts_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "{").startswith("FILE cannot be read as JSON (")
    assert refusal(tmp_path, {"train": ["A/c1", "A/c2"], "tests": []}) == (
        "FILE has an unknown part 'tests'. Did you mean 'test'?"
    )
