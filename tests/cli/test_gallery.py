from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemel import Model
from tests.cli.asking import RunCommand


@pytest.fixture
def told(run_command: RunCommand) -> Callable[..., Any]:
    """Return a function that runs one command with --json and returns what it tells."""

    def tell(*arguments: object) -> Any:
        status, out, err = run_command(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)

    return tell


@pytest.fixture
def run(tiny_model: Model, tmp_path: Path) -> Path:
    tiny_model.save(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def gallery(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'parts.db'}"


@pytest.fixture
def filled(told, run: Path, gallery: str, glyph_folder: Path) -> str:
    for character in range(3):
        drawings = sorted((glyph_folder / "alphabet00" / f"character{character:02d}").iterdir())[:2]
        told("enrol", run, "--gallery", gallery, "--label", f"c{character}", *drawings)
    return gallery


def test_what_is_enrolled_is_identified(told, run_command, run, gallery, glyph_folder):
    item = glyph_folder / "alphabet00" / "character00" / "writer00.png"
    (enrolment,) = told("enrol", run, "--gallery", gallery, "--label", "ka", item)
    assert enrolment == {"reference": 1, "label": "ka", "fresh": True, "warnings": []}
    status, out, _ = run_command("enrol", run, "--gallery", gallery, "--label", "ka", item)
    assert (status, out) == (0, f"{item}: already there, reference 1 of 'ka'\n")
    (answer,) = told("identify", run, "--gallery", gallery, item)
    assert (answer["label"], answer["decision"]) == ("ka", "match")
    assert answer["matches"][0]["reference_id"] == 1
    assert answer["score"] >= answer["threshold"]


def test_classes_are_listed(told, run_command, filled):
    assert told("gallery", "list", "--gallery", filled) == {
        "items": [{"label": f"c{n}", "references": 2, "cover": 2 * n + 1, "threshold": None} for n in range(3)],
        "total": 3,
        "page": 1,
        "size": 100,
    }
    assert [one["label"] for one in told("gallery", "list", "--gallery", filled, "--containing", "1")["items"]] == [
        "c1"
    ]
    _, out, _ = run_command("gallery", "list", "--gallery", filled)
    assert out.splitlines() == ["     2  c0", "     2  c1", "     2  c2", "3 classes"]


def test_classes_are_merged_and_deleted(told, filled):
    assert told("gallery", "merge", "c0", "c1", "--gallery", filled) == {"label": "c1", "references": 4}
    assert told("gallery", "merge", "c2", "ka", "--gallery", filled) == {"label": "ka", "references": 2}
    assert told("gallery", "delete", "c1", "--gallery", filled) == {"label": "c1", "references": 4}
    assert [one["label"] for one in told("gallery", "list", "--gallery", filled)["items"]] == ["ka"]


def test_a_gallery_goes_out_and_in(told, run, filled, tmp_path, glyph_folder):
    out = tmp_path / "out.zip"
    assert told("gallery", "export", out, "--gallery", filled) == {"path": str(out), "references": 6}
    second = tmp_path / "second.db"
    taken = told("gallery", "import", out, "--gallery", second, "--run", run)
    assert taken == {"references": 6, "already": 0, "skipped": []}
    more = told("gallery", "import", glyph_folder, "--gallery", second)  # by the gallery's own model
    assert (more["references"], more["skipped"]) == (72, [])
    assert told("gallery", "list", "--gallery", second)["total"] == 15


def test_mistakes_get_one_line(run_command, run, filled, tmp_path):
    absent = tmp_path / "absent.db"
    for arguments, words in {
        ("gallery", "list", "--gallery", absent): "There is no gallery",
        ("gallery", "import", tmp_path, "--gallery", absent): "There is no gallery",
        ("identify", run, "x.png", "--gallery", absent): "There is no gallery",
        ("identify", run, "x.png", "--gallery", filled, "--names", "a,b"): "give --support, --names or --gallery",
        ("gallery", "merge", "c9", "c1", "--gallery", filled): "There is no class 'c9'",
        ("gallery", "delete", "c9", "--gallery", filled): "There is no class 'c9'",
        ("gallery", "export", tmp_path, "--gallery", filled): "is there already",
        ("gallery", "import", tmp_path / "no", "--gallery", filled): "does not exist",
        ("enrol", run, "--gallery", filled, "--label", "../a", "x.png"): "x.png does not exist",
    }.items():
        status, out, err = run_command(*arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 1), err
        assert words in err
    assert not absent.exists()


@pytest.mark.parametrize(
    "command", ["enrol", "gallery list", "gallery export", "gallery import", "gallery merge", "gallery delete"]
)
def test_help_has_an_example(run_command, command):
    status, out, _ = run_command(*command.split(), "--help")
    assert status == 0
    assert f"gemel {command}" in out.split("Example")[1]
