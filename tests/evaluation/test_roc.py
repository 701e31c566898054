import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from gemel.evaluation.roc import RankedPairs, accuracy_at, area_under, best_accuracy, equal_error_rate, roc, tar_at_far
from gemel.randomness import numpy_generator
from tests.reference import evaluation as reference

# Whole numbers from a short range, so that ties are frequent.
SCORES = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=25)


def curve_of(genuine, impostor):
    return roc(np.array([*genuine, *impostor]), np.repeat([1, 0], [len(genuine), len(impostor)]))


@settings(max_examples=50, deadline=None)
@given(SCORES, SCORES)
def test_figures_are_the_slow_ones(genuine, impostor):
    curve = curve_of(genuine, impostor)
    assert area_under(curve) == pytest.approx(reference.auc(genuine, impostor))
    for far in (0.3, 0.1, 0.01):
        assert tar_at_far(curve, far) == pytest.approx(reference.tar_at_far(genuine, impostor, far))
    for threshold in (-7.0, -2.5, 0.0, 6.0, 7.0):
        assert accuracy_at(curve, threshold) == pytest.approx(
            1 - sum(reference.rates_at(genuine, impostor, threshold)) / 2
        )


@settings(max_examples=50, deadline=None)
@given(SCORES, SCORES)
def test_curve_is_scikit_learns(genuine, impostor):
    same = np.repeat([1, 0], [len(genuine), len(impostor)])
    scores = np.array([*genuine, *impostor])
    far, tar, thresholds = roc_curve(same, scores, drop_intermediate=False)
    curve = roc(scores, same)
    np.testing.assert_allclose(curve.far, far)
    np.testing.assert_allclose(curve.tar, tar)
    np.testing.assert_allclose(curve.thresholds, thresholds)
    assert area_under(curve) == pytest.approx(roc_auc_score(same, scores))


@settings(max_examples=50, deadline=None)
@given(SCORES, SCORES)
def test_figures_follow_the_order_of_the_scores_alone(genuine, impostor):
    curve = curve_of(genuine, impostor)
    bent = curve_of(np.exp(np.array(genuine) / 3) * 7 - 2, np.exp(np.array(impostor) / 3) * 7 - 2)
    for figure in (area_under, equal_error_rate):
        assert figure(bent) == pytest.approx(figure(curve))
    reversed_kinds = curve_of(impostor, genuine)
    assert area_under(reversed_kinds) == pytest.approx(1 - area_under(curve))


@settings(max_examples=50, deadline=None)
@given(SCORES, SCORES)
def test_equal_error_rate_lies_where_the_rates_cross(genuine, impostor):
    curve = curve_of(genuine, impostor)
    rate = equal_error_rate(curve)
    assert 0 <= rate <= 1
    crossing = int(np.argmax(curve.far >= curve.frr))
    assert curve.far[crossing - 1] - 1e-12 <= rate <= curve.far[crossing] + 1e-12
    assert curve.frr[crossing] - 1e-12 <= rate <= curve.frr[crossing - 1] + 1e-12
    best, threshold = best_accuracy(curve)
    assert best >= 1 - rate - 1e-12
    assert accuracy_at(curve, threshold) == best


def test_perfect_reversed_and_constant_scores():
    assert equal_error_rate(curve_of([2, 3], [0, 1])) == 0
    assert area_under(curve_of([2, 3], [0, 1])) == 1
    assert best_accuracy(curve_of([2, 3], [0, 1])) == (1.0, 2.0)
    assert equal_error_rate(curve_of([0, 1], [2, 3])) == 1
    assert area_under(curve_of([0, 1], [2, 3])) == 0
    assert equal_error_rate(curve_of([1, 1, 1], [1, 1])) == 0.5
    assert area_under(curve_of([1, 1, 1], [1, 1])) == 0.5
    assert tar_at_far(curve_of([1, 1, 1], [1, 1]), 0.1) == 0


def test_equal_error_rate_of_two_normals_is_the_known_one():
    generator = numpy_generator(0, "normals")
    curve = curve_of(generator.normal(2, 1, 100_000), generator.normal(0, 1, 100_000))
    assert equal_error_rate(curve) == pytest.approx(0.158655, abs=0.003)  # Phi(-1)
    assert area_under(curve) == pytest.approx(0.921350, abs=0.003)  # Phi(2 / sqrt 2)


def test_a_weight_is_as_good_as_a_repeated_pair():
    generator = numpy_generator(0, "weights")
    scores, same, weights = generator.integers(0, 9, 60) / 3, np.arange(60) % 2, generator.integers(0, 4, 60)
    weighted = RankedPairs.of(scores, same).roc(weights.astype(float))
    repeated = roc(np.repeat(scores, weights), np.repeat(same, weights))
    assert area_under(weighted) == pytest.approx(area_under(repeated))
    assert equal_error_rate(weighted) == pytest.approx(equal_error_rate(repeated))
    for far in (0.5, 0.1):
        assert tar_at_far(weighted, far) == pytest.approx(tar_at_far(repeated, far))
    assert np.isnan(area_under(RankedPairs.of(scores, same).roc(same.astype(float))))
