import numpy as np
import pytest
import torch

from gemel.errors import DataError
from gemel.evaluation import Estimate, random_pairs, verification
from gemel.evaluation.verification import TarAtFar, pair_weights, too_few_pairs
from gemel.randomness import numpy_generator
from gemel.similarity import Cosine
from tests.evaluation.clouds import clouds
from tests.reference import evaluation as reference


def scored(count=600, spread=0.7, classes=20, seed=0):
    embeddings, labels = clouds(classes, 10, spread, seed)
    pairs = random_pairs(labels, count, seed)
    scores = Cosine()(embeddings[pairs.left], embeddings[pairs.right])
    return scores, pairs.same, labels[pairs.left], labels[pairs.right]


def test_figures_are_the_slow_ones():
    scores, same, class_a, class_b = scored()
    result = verification(scores, same, class_a, class_b, threshold=0.4)
    genuine, impostor = (scores[same == kind].double().tolist() for kind in (1, 0))
    far, frr = reference.rates_at(genuine, impostor, 0.4)
    assert (result.far, result.frr) == pytest.approx((far, frr))
    assert result.accuracy.value == pytest.approx(1 - (far + frr) / 2)
    assert result.auc.value == pytest.approx(reference.auc(genuine, impostor))
    for rate, tar in result.tar_at_far.items():
        assert tar.tar.value == pytest.approx(reference.tar_at_far(genuine, impostor, rate))


def test_intervals_hold_their_figures_and_the_seed_decides():
    data = scored()
    result, again, other = (verification(*data, threshold=0.4, seed=seed) for seed in (0, 0, 1))
    for estimate in (result.auc, result.eer, result.accuracy, *(t.tar for t in result.tar_at_far.values())):
        assert 0 <= estimate.ci95[0] <= estimate.value <= estimate.ci95[1] <= 1
        assert estimate.ci95[0] < estimate.ci95[1]
    assert result == again
    assert result.auc.value == other.auc.value
    assert result.auc.ci95 != other.auc.ci95


def test_json_is_as_promised():
    document = verification(*scored(), threshold=0.4).to_json()
    assert list(document) == ["protocol", "auc", "eer", "accuracy", "tar_at_far", "threshold", "far", "frr", "pairs"]
    assert document["protocol"] == "verification"
    for name in ("auc", "eer", "accuracy"):
        assert list(document[name]) == ["value", "ci95"]
    assert list(document["tar_at_far"]) == ["0.1", "0.01", "0.001"]
    assert [tar["too_few_pairs"] for tar in document["tar_at_far"].values()] == [False, True, True]
    assert (document["threshold"], document["pairs"]) == (0.4, 600)


def test_too_few_means_under_ten_false_accepts():
    assert [too_few_pairs(0.001, count) for count in (9_999, 10_000)] == [True, False]
    assert [too_few_pairs(0.1, count) for count in (99, 100)] == [True, False]
    assert str(TarAtFar(Estimate(0.5, (0.4, 0.6)), True)) == "50.0 % ± 10.0 (too few impostor pairs)"


def test_weights_are_those_of_the_resampled_classes():
    weights = pair_weights(np.array([2.0, 0.0, 3.0]), np.array([0, 0, 2, 2]), np.array([0, 1, 0, 2]))
    assert weights.tolist() == [2, 0, 6, 3]


def test_impostor_pairs_within_a_class_count_as_forgeries():
    scores = np.array([0.9, 0.8, 0.7, 0.2, 0.75, 0.1])
    writers = np.array([0, 1, 2, 0, 1, 2])
    result = verification(scores, np.array([1, 1, 1, 0, 0, 0]), writers, writers, threshold=0.5)
    assert result.eer.value == pytest.approx(1 / 3)
    assert result.far == pytest.approx(1 / 3)


def test_perfect_and_constant_scores():
    same = np.array([1, 1, 0, 0])
    classes = np.array([0, 1, 0, 1]), np.array([0, 1, 1, 2])
    perfect = verification(np.array([0.9, 0.8, 0.1, 0.2]), same, *classes, threshold=0.5)
    assert (perfect.auc.value, perfect.eer.value, perfect.accuracy.value) == (1, 0, 1)
    constant = verification(np.full(4, 0.3), same, *classes, threshold=0.5)
    assert (constant.auc.value, constant.eer.value, constant.accuracy.value) == (0.5, 0.5, 0.5)
    assert (constant.far, constant.frr) == (0, 1)


@pytest.mark.parametrize(
    ("scores", "same", "message"),
    [
        ([0.5], [1], "There are no impostor pairs"),
        ([0.5, 0.4], [0, 0], "There are no genuine pairs"),
        ([], [], "There are no pair pairs"),
        ([0.5, float("nan")], [1, 0], "1 of 2 pair scores are not finite"),
        ([0.5, 0.4], [1], "2 scores came with 1 values of same"),
        ([[0.5], [0.4]], [1, 0], r"came with shape \(2, 1\)"),
    ],
)
def test_what_cannot_be_judged_is_told(scores, same, message):
    zeros = np.zeros(len(scores), dtype=int)
    with pytest.raises(DataError, match=message):
        verification(np.array(scores), np.array(same), zeros, zeros + 1, threshold=0.5)


def test_one_class_has_no_interval():
    with pytest.raises(DataError, match="1 class has no interval"):
        verification(torch.tensor([0.5, 0.4]), torch.tensor([1, 0]), np.zeros(2), np.zeros(2), threshold=0.5)


def test_intervals_over_classes_cover_the_truth():
    """The AUC over 2,000 classes, each easier or harder in its own way, is the truth that 40 experiments look for."""
    truth = verification(*uneven_classes(2_000, seed=0), threshold=0.5).auc.value
    hits = 0
    for experiment in range(40):
        low, high = verification(*uneven_classes(30, seed=1 + experiment), threshold=0.5, seed=experiment).auc.ci95
        hits += low <= truth <= high
    assert hits >= 34


def uneven_classes(classes, seed):
    """Ten genuine and ten impostor pairs a class, whose scores lean on what the class is like."""
    generator = numpy_generator(seed, "uneven")
    quality = generator.normal(0, 0.5, classes)
    left = np.repeat(np.arange(classes), 10)
    right = (left + generator.integers(1, classes, len(left))) % classes
    genuine = 1.5 + quality[left] + generator.normal(0, 1, len(left))
    impostor = quality[left] / 2 + quality[right] / 2 + generator.normal(0, 1, len(left))
    same = np.repeat([1, 0], len(left))
    return np.append(genuine, impostor), same, np.append(left, left), np.append(left, right)
