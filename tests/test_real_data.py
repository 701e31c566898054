"""Figures that the README tells, measured again on the real data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import gemel
from gemel.workflows.evaluating import Plan, evaluate

RealData = Callable[[str], Path]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


def test_the_packaged_model_on_lakes_runs(real_data: RealData) -> None:
    found = evaluate(gemel.load("characters"), "one-shot-runs", real_data("omniglot/all_runs.zip")).to_json()
    assert (found["errors"], found["trials"]) == (3, 400)


def test_hausdorff_s_distance_makes_the_published_errors_on_lakes_runs(real_data: RealData, tmp_path: Path) -> None:
    real_data("omniglot/omniglot.zip")
    model = gemel.train("hausdorff", tmp_path / "run")
    error = evaluate(model, "one-shot-runs", real_data("omniglot/all_runs.zip")).to_json()["error"]
    assert error == pytest.approx(0.388, abs=0.003)


def test_faces_of_people_never_seen(real_data: RealData, tmp_path: Path) -> None:
    real_data("att_faces/att_faces.zip")
    found = evaluate(gemel.train("faces", tmp_path / "run"), "verification", plan=Plan(seed=0)).to_json()
    assert found["eer"]["value"] < 0.08
    assert found["auc"]["value"] > 0.98
