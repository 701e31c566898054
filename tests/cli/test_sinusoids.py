from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gemel.batches import Labelled
from gemel.cli.main import outcome
from gemel.workflows.regressing import regressor

QUICK = ("--steps", "4", "encoder.dimensions=8", "data.options.tasks=3", "training.validate_every=2")


@pytest.fixture(autouse=True)
def few_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("TEST", 4), ("VALIDATION", 3), ("POINTS", 6), ("RATES", (0.01, 0.02))):
        monkeypatch.setattr(f"gemel.workflows.regressing.{name}", few)


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = outcome(["sinusoids", *(str(argument) for argument in arguments)])
    return status, *capsys.readouterr()


def result(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    status, out, err = told(capsys, *arguments, "--json")
    assert status == 0, err
    return json.loads(out)


@pytest.mark.parametrize("method", ["maml", "reptile"])
def test_it_trains_asks_and_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path, method: str) -> None:
    run = tmp_path / "run"
    found = result(capsys, method, *QUICK, "--out", run)
    assert (found["method"], found["test_tasks"], found["training"]["steps"]) == (method, 4, 4)
    assert list(found["errors"]) == ["5", "10", "20"]
    for shots, networks in found["errors"].items():
        assert list(networks) == [method, "pretrained", "oracle"]
        assert all(len(figures) == 11 for figures in networks.values())
        assert found["rates"][shots] in (0.01, 0.02)
    low, high = found["errors"]["10"][method][1]["ci95"]
    assert low < found["errors"]["10"][method][1]["value"] < high
    assert json.loads((run / "regression.json").read_text()) == found
    assert (run / "regression.png").stat().st_size > 10_000
    support = Labelled(torch.zeros(2, 1, 1, 1), torch.ones(2))
    path = list(regressor(run).path(support, 2))
    assert len(path) == 3
    assert path[0].keys() == path[2].keys()


@pytest.fixture
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemel.workflows.regressing.save", lambda figure, path: path)


@pytest.mark.usefixtures("no_picture")
def test_the_same_command_goes_on_and_another_one_does_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first = result(capsys, "maml", *QUICK, "--out", tmp_path)
    assert result(capsys, "maml", *QUICK, "--out", tmp_path)["errors"] == first["errors"]
    status, _, err = told(capsys, "maml", *QUICK, "--seed", 1, "--out", tmp_path)
    assert (status, len([line for line in err.splitlines() if line.startswith("error: ")])) == (2, 1)
    assert "another recipe" in err


@pytest.mark.usefixtures("no_picture")
def test_it_is_told_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, err = told(capsys, "lstm_meta_learner", *QUICK, "learner.steps=1", "--out", tmp_path / "run")
    assert status == 0, err
    assert "Mean squared error on 4 sinusoids never seen, before and after 1 and 10 steps:" in out
    assert "lstm_meta_learner:" in out
    assert "oracle:" in out
    assert "error " in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mamml",), "Did you mean 'maml'?"),
        (("snail",), "is no method that adapts"),
        (("maml", "learner.rate=0"), "rate 0"),
        (("maml", "data.options.shot=3"), "Did you mean 'shots'?"),
        (("maml", "--out", "a-file"), "is a file"),
    ],
)
def test_a_mistake_gets_one_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    status, out, err = told(capsys, *arguments)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert (status, out, len(errors)) == (2, "", 1)
    assert words in errors[0]


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "--help")
    assert status == 0
    assert "Example" in out
    assert "gemel sinusoids" in out
