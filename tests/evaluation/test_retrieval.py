from importlib import import_module

import numpy as np
import pytest
import torch

from gemel.errors import DataError
from gemel.evaluation import retrieval
from gemel.evaluation.retrieval import ranking_figures
from gemel.similarity import Cosine, Euclidean, WeightedL1
from tests.evaluation.clouds import clouds
from tests.reference import evaluation as reference


@pytest.mark.parametrize("similarity", [Cosine(), Euclidean(), WeightedL1(8)])
def test_figures_are_the_slow_ones(similarity, monkeypatch):
    embeddings, labels = clouds(6, 9, spread=1.2)
    labels = np.where(np.arange(54) == 53, 77, labels)  # a class of one item: to be searched, not to search with
    with torch.no_grad():
        expected = reference.retrieval(embeddings, labels.tolist(), similarity)
    result = retrieval(embeddings, labels, similarity)
    figures = [*(e.value for e in result.recall_at.values()), result.map_at_r.value, result.r_precision.value]
    assert figures == pytest.approx(expected)
    assert (result.queries, result.items) == (53, 54)
    monkeypatch.setattr(import_module("gemel.evaluation.retrieval"), "CHUNK", 200)
    assert retrieval(embeddings, labels, similarity) == result


def test_a_search_is_among_items_that_show_other_things():
    embeddings, labels = clouds(6, 9, spread=1.2)
    things = np.arange(54) // 3
    tripled = embeddings[things * 3]  # all items of a thing look the same
    result = retrieval(tripled, labels, Cosine(), item_groups=things)
    single = retrieval(embeddings[::3], labels[::3], Cosine())
    assert result.recall_at[1] == single.recall_at[1]
    assert (result.queries, result.items) == (54, 54)
    assert retrieval(tripled, labels, Cosine()).recall_at[1].value == 1
    with pytest.raises(DataError, match="0 of 6 classes have 2 items"):
        retrieval(embeddings, labels, Cosine(), item_groups=labels)


def test_few_others_are_no_more_than_they_are():
    embeddings = torch.eye(4)
    result = retrieval(embeddings, np.array([0, 0, 1, 1]), Cosine(), item_groups=np.array([0, 1, 1, 0]))
    assert result.recall_at[10].value == 1
    alone = retrieval(torch.eye(6), np.array([0, 0, 0, 1, 1, 1]), Cosine(), item_groups=np.array([0, 0, 1, 2, 2, 1]))
    assert alone.recall_at[10].value == 1
    assert alone.queries == 6


def test_map_at_r_of_musgraves_example():
    """Of 10 to find, only the first is; then the last of the 10 too; then all ("A Metric Learning Reality Check")."""
    hits = torch.zeros(3, 10, dtype=torch.bool)
    hits[0, 0] = True
    hits[1, [0, 9]] = True
    hits[2] = True
    figures = ranking_figures(hits, torch.full((3,), 10))
    assert figures[:, 3].tolist() == pytest.approx([0.1, (1 + 2 / 10) / 10, 1.0])
    assert figures[:, 4].tolist() == pytest.approx([0.1, 0.2, 1.0])
    assert figures[:, 0].tolist() == [1, 1, 1]


def test_tight_classes_are_found_whole():
    embeddings, labels = clouds(6, 4, spread=0.001)
    document = retrieval(embeddings, labels, Cosine()).to_json()
    one = {"value": 1.0, "ci95": [1.0, 1.0]}
    assert document == {
        "protocol": "retrieval",
        "recall_at": {"1": one, "5": one, "10": one},
        "map_at_r": one,
        "r_precision": one,
        "queries": 24,
        "items": 24,
    }


def test_intervals_come_from_classes():
    embeddings, labels = clouds(12, 6, spread=1.0)
    result = retrieval(embeddings, labels, Cosine(), seed=1)
    for estimate in (*result.recall_at.values(), result.map_at_r, result.r_precision):
        assert 0 <= estimate.ci95[0] <= estimate.value <= estimate.ci95[1] <= 1
    assert result.map_at_r.ci95[0] < result.map_at_r.ci95[1]
    assert result == retrieval(embeddings, labels, Cosine(), seed=1)
    assert "recall@1" in str(result)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0, 0, 1], []])
def test_fewer_than_two_searchable_classes_are_refused(labels):
    with pytest.raises(DataError, match="retrieval needs 2 such classes"):
        retrieval(torch.ones(len(labels), 2), np.array(labels), Cosine())
