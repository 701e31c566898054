from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
import torch

from gemel.optimisers import BASELINES, CoordinatewiseLstm, compare
from tests.cli.asking import Command

QUICK = ("--steps", "6", "--held-out", "2")


@pytest.fixture(autouse=True)
def few_rates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gemel.workflows.optimising.compare", partial(compare, rates=(0.01, 0.1)))
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def optimiser(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command("optimiser", capsys)


def test_it_trains_compares_and_writes(optimiser: Command, tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = optimiser.result("quadratic", *QUICK, "--out", run)
    assert (found["problem"], found["steps"], found["horizon"], found["held_out"]) == ("quadratic", 6, 100, 2)
    assert list(found["optimisers"]) == ["learned", *BASELINES]
    adam, learned = found["optimisers"]["adam"], found["optimisers"]["learned"]
    assert adam["rate"] in (0.01, 0.1)
    assert len(adam["mean"]) == len(adam["low"]) == 101
    assert adam["mean"][0] == learned["mean"][0]
    assert adam["mean"][-1] == adam["final"]["value"]
    difference = learned["final"]["value"] - adam["final"]["value"]
    assert adam["learned_minus_this"]["value"] == pytest.approx(difference, rel=1e-6)
    assert 0 <= adam["learned_is_lower"] <= 1
    assert json.loads((run / "comparison.json").read_text()) == found
    assert (run / "comparison.png").stat().st_size > 10_000
    assert CoordinatewiseLstm.read(run / "optimiser.safetensors").p is None


def test_it_goes_on_to_the_same_bits_and_not_with_another_seed(optimiser: Command, tmp_path: Path) -> None:
    whole = optimiser.result("quadratic", *QUICK, "--out", tmp_path / "whole")
    optimiser.result("quadratic", "--steps", 3, "--held-out", 2, "--out", tmp_path / "part")
    rest = optimiser.result("quadratic", *QUICK, "--out", tmp_path / "part")
    assert rest["steps"] == 6
    states = [torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["rule"] for name in ("whole", "part")]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert rest["optimisers"] == whole["optimisers"]
    assert "other settings" in optimiser.complains("quadratic", *QUICK, "--seed", 1, "--out", tmp_path / "part")


def test_a_network_learns_from_pictures(
    optimiser: Command, tmp_path: Path, glyph_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gemel.workflows.optimising.LARGEST", 6)
    quick = ("--steps", 1, "--held-out", 2, "--data", glyph_folder)
    status, out, err = optimiser.told("network", *quick, "--out", tmp_path / "run")
    assert status == 0, err
    assert "Mean loss after 100 steps, 2 problems never seen:" in out
    assert "Adam, rate 0." in out
    assert CoordinatewiseLstm.read(tmp_path / "run" / "optimiser.safetensors").p == 10.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("quadratics",), "Did you mean 'quadratic'?"),
        (("network", "--data", "digitz"), "Did you mean 'digits'?"),
        (("quadratic", "--held-out", "1"), "held-out"),
        (("quadratic", "--out", "a-file"), "is a file"),
        (("quadratic", "--out", "others"), "not empty"),
    ],
)
def test_a_mistake_gets_one_line(
    optimiser: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    Path("others").mkdir()
    Path("others", "thing").touch()
    assert words in optimiser.complains(*arguments)
    assert not Path("runs").exists()


def test_help_shows_an_example(optimiser: Command) -> None:
    assert optimiser.shows_an_example("gemel optimiser quadratic")
