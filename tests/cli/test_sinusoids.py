from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gemel.batches import Labelled
from gemel.workflows.regressing import regressor
from tests.cli.asking import Command

QUICK = ("--steps", "4", "encoder.dimensions=8", "data.options.tasks=3", "training.validate_every=2")


@pytest.fixture(autouse=True)
def few_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("TEST", 4), ("VALIDATION", 3), ("POINTS", 6), ("RATES", (0.01, 0.02))):
        monkeypatch.setattr(f"gemel.workflows.regression_figures.{name}", few)


@pytest.fixture
def sinusoids(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command("sinusoids", capsys)


@pytest.mark.parametrize("method", ["maml", "reptile"])
def test_it_trains_asks_and_writes(sinusoids: Command, tmp_path: Path, method: str) -> None:
    run = tmp_path / "run"
    found = sinusoids.result(method, *QUICK, "--out", run)
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
def test_the_same_command_goes_on_and_another_one_does_not(sinusoids: Command, tmp_path: Path) -> None:
    first = sinusoids.result("maml", *QUICK, "--out", tmp_path)
    assert sinusoids.result("maml", *QUICK, "--out", tmp_path)["errors"] == first["errors"]
    assert "another recipe" in sinusoids.complains("maml", *QUICK, "--seed", 1, "--out", tmp_path)


@pytest.mark.usefixtures("no_picture")
def test_it_is_told_in_words(sinusoids: Command, tmp_path: Path) -> None:
    status, out, err = sinusoids.told("lstm_meta_learner", *QUICK, "learner.steps=1", "--out", tmp_path / "run")
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
    sinusoids: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    assert words in sinusoids.complains(*arguments)


def test_help_shows_an_example(sinusoids: Command) -> None:
    assert sinusoids.shows_an_example("gemel sinusoids")
