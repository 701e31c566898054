"""Learners of sequences from a folder to their figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import gemel
from gemel.errors import DataError, RecipeError
from gemel.evaluation import InstancesResult
from gemel.loading import load
from gemel.model import Model
from gemel.workflows.evaluating import Plan, evaluate, unseen
from gemel.workflows.reporting import figures

QUICK = (
    "preprocessing.size=16",
    "encoder={name: residual, dimensions: 8, widths: [4, 8], stem_stride: 2}",
    "sampler={name: tasks, tasks: 2, ways: 3, queries: 2}",
    "training={steps: 2, validate_every: 2, device: cpu, threads: 1, precision: float32}",
    "validation={ways: 3, queries: 2, episodes: 10}",
    "data.validation=0.25",
    "data.test=0.4",
)

SMALL = "learner={name: mann, ways: 3, units: 16, slots: 16}"


def trained(folder: Path, run: Path, method: str, *overrides: str) -> Model:
    gemel.train(folder, run, [f"method={method}", *QUICK, *overrides])
    return load(run)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))


def test_a_mann_is_asked_by_instance(glyph_folder: Path, tmp_path: Path) -> None:
    model = trained(glyph_folder, tmp_path / "run", "mann", SMALL)
    result = evaluate(model, "instances", plan=Plan(ways=3, shots=1, queries=4, episodes=20))
    assert isinstance(result, InstancesResult)
    assert (result.ways, len(result.accuracies)) == (3, 5)
    assert result.accuracies[0].value < 0.7  # chance is 1/3 at first; towards the end of a sequence, it can be counted
    with pytest.raises(DataError, match="tells 3 classes at most"):
        evaluate(model, "instances", plan=Plan(ways=4, shots=1, queries=4, episodes=20))
    pictures = sorted(glyph_folder.rglob("*.png"))
    assert model.identify(pictures[:1], {"a": pictures[:2], "b": pictures[-2:]})[0].matches[0].label in ("a", "b")


def test_reports_ask_for_no_more_classes_than_a_model_tells(glyph_folder: Path, tmp_path: Path) -> None:
    model = trained(glyph_folder, tmp_path / "run", "snail", "learner.ways=3")
    dataset = unseen(model)
    assert len(dataset.classes) > 3
    assert [name for name in figures(model, dataset, "test") if "way" in name] == ["3_way_1_shot"]
    with pytest.raises(RecipeError) as error:
        evaluate(model, "instances")
    assert str(error.value) == (
        "Protocol 'instances' asks a learner that is told the class of one item after the other, which is 'mann'; "
        "this model's is 'snail'. Take protocol 'episodes'."
    )


def test_instances_do_not_know_item_groups(glyph_folder: Path, tmp_path: Path) -> None:
    model = trained(glyph_folder, tmp_path / "run", "mann", SMALL, r"data.item_groups='writer(\d+)'")
    with pytest.raises(DataError, match="cannot keep item groups apart"):
        evaluate(model, "instances", plan=Plan(ways=3, queries=4, episodes=20))
