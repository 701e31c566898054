import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from gemel.errors import DataError, ModelError
from gemel.evaluation import Calibration
from gemel.evaluation.calibration import softly_bounded
from gemel.randomness import numpy_generator

SCORES = st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=30)


def normals(count, seed=0):
    generator = numpy_generator(seed, "normals")
    return generator.normal(2, 1, count), generator.normal(0, 1, count)


def test_log_odds_of_two_normals_are_the_known_line():
    """N(2, 1) against N(0, 1): the log likelihood ratio is 2 x - 2."""
    calibration = Calibration.fit(*normals(20_000))
    scores = np.linspace(-1, 3, 9)
    np.testing.assert_allclose(calibration.log_odds(scores), 2 * scores - 2, atol=0.3)


@pytest.mark.parametrize("bend", [np.exp, lambda x: -np.exp(-x), lambda x: x**3, np.tanh])
def test_a_bent_score_is_calibrated_as_well(bend):
    genuine, impostor = normals(5_000)
    calibration = Calibration.fit(bend(genuine), bend(impostor))
    fresh, others = normals(20_000, seed=1)
    scores = np.append(fresh, others)
    same = np.repeat([1, 0], 20_000)
    truth = np.logaddexp(0, 2 * scores - 2) - same * (2 * scores - 2)
    logits = calibration.log_odds(bend(scores))
    loss = np.logaddexp(0, logits) - same * logits
    assert loss.mean() < truth.mean() + 0.015
    probability = calibration.probability(bend(scores))
    for low in np.arange(0, 1, 0.2):  # of the pairs told 60 to 80 %, 60 to 80 % are genuine
        within = (probability >= low) & (probability < low + 0.2)
        assert same[within].mean() == pytest.approx(probability[within].mean(), abs=0.04)


def test_unbalanced_pairs_are_calibrated_to_even_odds():
    genuine, _ = normals(2_000)
    _, impostor = normals(40_000, seed=1)
    assert Calibration.fit(genuine, impostor).log_odds(1.0) == pytest.approx(0, abs=0.15)


@settings(max_examples=40, deadline=None)
@given(SCORES, SCORES)
@example([0.09375], [0.0])
@example([0.0625], [0.0])
def test_any_scores_give_rising_bounded_odds(genuine, impostor):
    calibration = Calibration.fit(np.array(genuine), np.array(impostor))
    log_odds = calibration.log_odds(np.linspace(-3, 3, 200))
    assert np.isfinite(log_odds).all()
    assert (np.diff(log_odds) >= -1e-12).all()  # to rounding
    assert log_odds[-1] > log_odds[0]
    assert log_odds.max() <= math.log(len(impostor) + 1)
    assert log_odds.min() >= -math.log(len(genuine) + 1)
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


def test_a_useless_score_says_one_half():
    calibration = Calibration.fit(np.full(50, 0.7), np.full(50, 0.7))
    assert calibration.probability(0.7) == pytest.approx(0.5, abs=0.02)
    reversed_scores = Calibration.fit(*normals(5_000)[::-1])
    np.testing.assert_allclose(reversed_scores.probability(np.array([-1.0, 1.0, 3.0])), 0.5, atol=0.01)


def test_probability_has_the_scores_shape():
    calibration = Calibration.fit(*normals(100))
    assert calibration.probability(np.zeros((2, 3))).shape == (2, 3)
    assert calibration.probability(0.5).shape == ()
    assert calibration.probability(0.5) == expit(calibration.log_odds(0.5))


def test_rates_and_thresholds_can_be_told_later():
    genuine, impostor = normals(2_000)
    calibration = Calibration.fit(genuine, impostor)
    for threshold in (-1.0, 0.5, 1.0, 2.5, 9.0):
        assert calibration.far(threshold) == pytest.approx((impostor >= threshold).mean(), abs=0.005)
        assert calibration.frr(threshold) == pytest.approx((genuine < threshold).mean(), abs=0.005)
    for far in (0.5, 0.1, 0.01, 0.001):
        assert 0.97 * far <= calibration.far(calibration.threshold_at_far(far)) <= far


def test_bounds_bend_smoothly():
    values = np.linspace(-20, 20, 401)
    bounded = softly_bounded(values, -5.0, 7.0)
    assert (np.diff(bounded) > 0).all()
    assert (bounded > -5).all()
    assert (bounded < 7).all()
    assert softly_bounded(np.array(1.0), -50.0, 50.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("genuine", "impostor", "message"),
    [
        ([], [0.1], "no genuine pairs"),
        ([0.1], [], "no impostor pairs"),
        ([float("nan")], [0.1], "1 of 1 genuine scores"),
    ],
)
def test_a_missing_kind_is_told(genuine, impostor, message):
    with pytest.raises(DataError, match=message):
        Calibration.fit(np.array(genuine), np.array(impostor))


@pytest.mark.parametrize(
    "change",
    [
        {"knots": [1.0, 0.0]},
        {"knots": [0.0]},
        {"levels": [0.0, 0.0]},
        {"levels": [0.0, float("nan")]},
        {"levels": None},
        {"genuine": None},
        {"impostor": {"scores": []}},
        {"more": 1},
    ],
)
def test_a_damaged_calibration_is_refused(change):
    table = {"scores": [0.5], "shares": [1.0], "pairs": 1}
    good = {"knots": [0.0, 1.0], "levels": [-1.0, 1.0], "genuine": table, "impostor": table}
    assert Calibration.from_json(good).log_odds(0.5) == pytest.approx(0)
    with pytest.raises(ModelError):
        Calibration.from_json({**good, **change})


def test_what_is_no_object_is_refused():
    with pytest.raises(
        ModelError, match="The model's calibration holds list; genuine, impostor, knots, levels are expected"
    ):
        Calibration.from_json([])


@pytest.mark.parametrize("pairs", [40, 5000])
def test_the_score_at_log_odds_is_their_inverse(pairs):
    rng = numpy_generator(3, "inverse")
    calibration = Calibration.fit(rng.normal(0.6, 0.2, pairs), rng.normal(0, 0.2, pairs))
    scores = np.linspace(-0.5, 1, 31)
    for score, odds in zip(scores, calibration.log_odds(scores), strict=True):
        if abs(odds) < math.log(pairs + 1) - 1e-3:  # nearer to a bound, digits are lost
            assert calibration.score_at(float(odds)) == pytest.approx(score, abs=1e-6)
    assert calibration.score_at(0.0) == pytest.approx(
        float(scores[np.abs(calibration.log_odds(scores)).argmin()]), abs=0.1
    )


def test_log_odds_out_of_reach_have_a_finite_score_beyond_all():
    calibration = Calibration.fit(np.linspace(0.5, 1, 100), np.linspace(-1, 0.4, 100))
    assert 1 < calibration.score_at(50.0) < math.inf
    assert -math.inf < calibration.score_at(-50.0) < -1
    assert float(calibration.log_odds(calibration.score_at(50.0))) == pytest.approx(math.log(101), abs=1e-5)
