from dataclasses import replace

import numpy as np
import pytest

from gemel.evaluation import episode_accuracy, one_shot_runs, retrieval, verification
from gemel.evaluation.one_shot_runs import OneShotRun
from gemel.plots import save
from gemel.plots.style import new_figure
from gemel.similarity import Cosine
from gemel.workflows.card import card, data_name
from tests.evaluation.clouds import clouds

FACTS = {
    "data": {"source": "/home/somebody/photos", "fingerprint": "abc123"},
    "split": {"train": ["a", "b", "c"], "validation": ["d", "e"], "test": ["f", "g"]},
    "training": {"steps": 1500, "best_step": 1000, "validation_accuracy": 0.9123, "seconds": 600.0},
}


@pytest.fixture
def model(tiny_model, tmp_path):
    return replace(tiny_model, facts=FACTS, folder=tmp_path / "toys")


def results_of(kind="test"):
    embeddings, labels = clouds(6, 8, 0.5)
    left, right = (part.ravel() for part in np.meshgrid(np.arange(48), np.arange(48)))
    scores = Cosine()(embeddings[left], embeddings[right])
    return {
        "classes": kind,
        "5_way_1_shot": episode_accuracy(embeddings, labels, Cosine(), 5, 1, 3, 50).to_json(),
        "verification": verification(scores, labels[left] == labels[right], labels[left], labels[right], 0.5).to_json(),
        "retrieval": retrieval(embeddings, labels, Cosine()).to_json(),
        "runs": one_shot_runs([OneShotRun(embeddings[::8], embeddings[1::8], np.arange(6))], Cosine()).to_json(),
    }


def percent(estimate):
    low, high = estimate["ci95"]
    return f"{100 * estimate['value']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def test_it_tells_the_data_the_split_and_the_training(model):
    text = card(model, {})
    assert text.startswith("# tiny\n")
    assert "`photos` (fingerprint `abc123`)" in text
    assert "| training | 3 | the weights |" in text
    assert "| validation | 2 |" in text
    assert "| test | 2 | nothing |" in text
    assert "1,500 steps in 10 min; the weights are those of step 1,000" in text
    assert "91.2 % in 2-way one-shot episodes" in text
    assert "seed 0" in text


def test_it_tells_nothing_of_the_machine(model):
    assert "/home" not in card(model, results_of())
    assert str(model.folder.parent) not in card(model, results_of())


def test_every_threshold_is_told_and_flagged_where_pairs_are_few(model):
    text = card(model, {})
    for point in model.thresholds.values():
        assert f"| {point.threshold:.4f} | {100 * point.far:.2f} % | {100 * point.frr:.2f} % |" in text
    assert "| equal error rate | " in text
    assert "| FAR 0.1 % (!) | " in text
    assert "(!) Too few validation pairs" in text
    assert "101 pairs of one validation class and 381 pairs of two" in text


def test_every_result_is_told_with_its_interval(model):
    results = results_of()
    text = card(model, results)
    assert f"| 5-way 1-shot accuracy | {percent(results['5_way_1_shot']['accuracy'])} | 50 episodes, seed 0 |" in text
    for key in ("auc", "eer", "accuracy"):
        assert percent(results["verification"][key]) in text
    assert f"| retrieval: recall at 5 | {percent(results['retrieval']['recall_at']['5'])} |" in text
    assert f"| {results['runs']['errors']} of 6 trials |" in text
    assert "too few impostor pairs to tell" in text
    assert "Measured on the test classes" in text


def test_validation_figures_are_called_flattering(model):
    text = card(model, results_of("validation"))
    assert "**so these figures flatter**" in text
    assert "No test classes were kept" in text


def test_nothing_measured_is_said(model):
    assert "## How good\n\nNot measured." in card(model, {"classes": "test"})


def test_pictures_that_are_there_are_shown(model):
    assert "![" not in card(model, {})
    save(new_figure(2, "Toys"), model.folder / "pictures" / "roc.png")
    text = card(model, {})
    assert "](pictures/roc.png)" in text
    assert "map.png" not in text


def test_use_names_the_folder(model):
    text = card(model, {})
    assert 'model = gemel.load("toys")' in text
    assert "gemel verify toys a.png b.png" in text


def test_a_model_without_facts_has_a_card(tiny_model):
    text = card(tiny_model, {})
    assert "`glyphs`" in text
    assert "gemel verify RUN a.png b.png" in text


@pytest.mark.parametrize(
    ("source", "name"), [("omniglot", "omniglot"), ("/data/x/faces.zip", "faces"), ("photos/", "photos")]
)
def test_data_name(tiny_model, source, name):
    assert data_name(replace(tiny_model, facts={"data": {"source": source}})) == name
