import math

import numpy as np
import pytest
from scipy import stats

from gemel.errors import DataError
from gemel.evaluation.intervals import Z95, Estimate, class_bootstrap, counted_rate, mean_rate
from gemel.randomness import numpy_generator


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.972, (0.969, 0.975)), "97.2 % ± 0.3"),
        (Estimate(0.999, (0.995, 1.0)), "99.9 % (99.5 to 100.0)"),
        (Estimate(0.97631, (0.97594, 0.97668)), "97.63 % ± 0.04"),
        (Estimate(0.0, (0.0, 0.0)), "0.0 % ± 0.0"),
    ],
)
def test_an_estimate_is_readable(estimate, text):
    assert str(estimate) == text


def test_estimate_json():
    assert Estimate(0.5, (0.4, 0.6)).to_json() == {"value": 0.5, "ci95": [0.4, 0.6]}


def test_mean_rate_is_students_interval():
    rates = np.array([0.8, 0.6, 0.9, 0.7])
    low, high = stats.t.interval(0.95, 3, loc=rates.mean(), scale=stats.sem(rates))
    estimate = mean_rate(rates)
    assert estimate.value == pytest.approx(0.75)
    assert estimate.ci95 == pytest.approx((low, min(high, 1.0)))


def test_mean_rate_of_one_episode_is_refused():
    with pytest.raises(DataError, match="1 episodes have no interval; ask for at least 2"):
        mean_rate(np.array([0.5]))


@pytest.mark.parametrize(("count", "trials"), [(0, 400), (6, 400), (200, 400), (400, 400), (1, 1), (0, 1)])
def test_counted_rate_solves_wilsons_equation(count, trials):
    estimate = counted_rate(count, trials)
    for end, other in zip(estimate.ci95, (0.0, 1.0), strict=True):
        # each end p lies Z95 standard errors sqrt(p (1 - p) / n) from the rate, or at 0 or 1
        distance = abs(estimate.value - end)
        assert distance == pytest.approx(Z95 * math.sqrt(max(end * (1 - end), 0) / trials), abs=1e-7) or end == other
    assert estimate.ci95[0] <= count / trials <= estimate.ci95[1]
    assert estimate.ci95[1] - estimate.ci95[0] > 0


def test_counted_rate_agrees_with_scipy():
    interval = stats.binomtest(6, 400).proportion_ci(0.95, method="wilson")
    assert counted_rate(6, 400).ci95 == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize(("count", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_counted_rate_refuses_what_is_no_rate(count, trials):
    with pytest.raises(DataError, match="is no rate"):
        counted_rate(count, trials)


def test_class_bootstrap_finds_the_standard_error_of_a_mean():
    means = numpy_generator(0, "means").normal(0.5, 0.1, size=400)
    (estimate,) = class_bootstrap(lambda m: np.array([m @ means / m.sum()]), 400, seed=0, resamples=2000)
    half = Z95 * means.std() / math.sqrt(400)
    assert estimate.value == pytest.approx(means.mean())
    assert estimate.ci95 == pytest.approx((means.mean() - half, means.mean() + half), abs=0.1 * half)


def test_class_bootstrap_is_the_seeds():
    def statistics(m):
        return np.array([m @ np.arange(10.0)])

    assert class_bootstrap(statistics, 10, seed=1) == class_bootstrap(statistics, 10, seed=1)
    assert class_bootstrap(statistics, 10, seed=1) != class_bootstrap(statistics, 10, seed=2)


def test_class_bootstrap_leaves_out_what_a_resample_does_not_define():
    def share(m):
        return np.array([m[0] / (m[0] + m[1]) if m[0] + m[1] else np.nan])

    (estimate,) = class_bootstrap(share, 3, seed=0)
    assert estimate == Estimate(0.5, (0.0, 1.0))


def test_class_bootstrap_claims_nothing_where_only_the_classes_themselves_count():
    def of_both(m):
        return np.array([0.7]) if m.all() else np.array([np.nan])

    assert class_bootstrap(of_both, 2, seed=0) == (Estimate(0.7, (0.0, 1.0)),)


def test_class_bootstrap_refuses_what_has_no_interval():
    with pytest.raises(DataError, match="1 class has no interval"):
        class_bootstrap(lambda m: m, 1, seed=0)
    with pytest.raises(DataError, match="3 classes are too few"):
        class_bootstrap(lambda m: np.array([np.nan]), 3, seed=0)


def test_intervals_cover_as_often_as_they_say():
    """400 experiments each: a 95 % interval misses 5 % of the time, give or take what 400 experiments tell."""
    generator = numpy_generator(0, "coverage")
    t_hits, wilson_hits, bootstrap_hits = 0, 0, 0
    for experiment in range(400):
        rates = generator.binomial(5, 0.7, size=30) / 5
        t_hits += covers(mean_rate(rates), 0.7)
        wilson_hits += covers(counted_rate(int(generator.binomial(400, 0.02)), 400), 0.02)
        means = generator.beta(7, 3, size=60)  # each class has a rate of its own
        (estimate,) = class_bootstrap(lambda m, means=means: np.array([m @ means / 60]), 60, experiment, resamples=200)
        bootstrap_hits += covers(estimate, 0.7)
    for hits in (t_hits, wilson_hits, bootstrap_hits):
        assert 0.91 <= hits / 400 <= 0.99


def covers(estimate, truth):
    return estimate.ci95[0] <= truth <= estimate.ci95[1]
