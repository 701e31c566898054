import numpy as np
import pytest
import torch

from gemel.errors import DataError
from gemel.evaluation import episode_accuracy, mean_rate, sample_episodes
from gemel.similarity import Cosine, Euclidean, ExpManhattan, SquaredEuclidean, WeightedL1
from tests.evaluation.clouds import clouds
from tests.reference import evaluation as reference


@pytest.mark.parametrize("similarity", [Cosine(), Euclidean(), SquaredEuclidean(), ExpManhattan(), WeightedL1(8)])
@pytest.mark.parametrize("shots", [1, 3])
def test_accuracy_is_the_slow_ones(similarity, shots):
    embeddings, labels = clouds(8, 9, spread=0.8)
    support, query = sample_episodes(labels, 4, shots, 5, 12, seed=3)
    with torch.no_grad():
        slow = [reference.episode_accuracy(embeddings, similarity, s, q) for s, q in zip(support, query, strict=True)]
    result = episode_accuracy(embeddings, labels, similarity, 4, shots, 5, 12, seed=3)
    assert 0.3 < result.accuracy.value < 1
    assert result.accuracy == mean_rate(np.array(slow))


def test_chunks_do_not_change_the_figure(monkeypatch):
    embeddings, labels = clouds(8, 9, spread=0.8)
    whole = episode_accuracy(embeddings, labels, Cosine(), 4, 1, 5, 40)
    monkeypatch.setattr("gemel.evaluation.episodes.CHUNK", 7 * 4 * 6 * 8)
    assert episode_accuracy(embeddings, labels, Cosine(), 4, 1, 5, 40) == whole


def test_classes_far_apart_are_all_told_apart():
    embeddings, labels = clouds(8, 9, spread=0.0)
    assert episode_accuracy(embeddings, labels, Cosine(), 5, 1, 5, 50).accuracy.value == 1


def test_a_collapsed_encoder_guesses():
    labels = np.repeat(np.arange(8), 9)
    result = episode_accuracy(torch.ones(72, 8), labels, Cosine(), 5, 1, 5, 50)
    assert result.accuracy.value == pytest.approx(0.2)


def test_json_is_as_promised():
    embeddings, labels = clouds(8, 9, spread=0.8)
    result = episode_accuracy(embeddings, torch.from_numpy(labels), Cosine(), 5, 1, 5, 50, seed=7)
    low, high = result.accuracy.ci95
    assert result.to_json() == {
        "protocol": "episodes",
        "ways": 5,
        "shots": 1,
        "queries": 5,
        "episodes": 50,
        "seed": 7,
        "accuracy": {"value": result.accuracy.value, "ci95": [low, high]},
    }
    assert str(result) == f"5-way 1-shot accuracy {result.accuracy} (50 episodes)"


def test_damaged_embeddings_are_refused():
    embeddings, labels = clouds(8, 9, spread=0.8)
    embeddings[3, 0] = float("nan")
    with pytest.raises(DataError, match="1 of 72 embeddings are not finite"):
        episode_accuracy(embeddings, labels, Cosine())
    with pytest.raises(DataError, match=r"Embeddings of shape \(72, 8\) came with labels of shape \(71,\)"):
        episode_accuracy(embeddings, labels[1:], Cosine())
