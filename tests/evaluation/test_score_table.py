import json

import numpy as np
import pytest

from gemel.errors import ModelError
from gemel.evaluation.score_table import ScoreTable, kept_ranks
from gemel.randomness import numpy_generator


def test_few_scores_are_kept_exactly():
    scores = np.array([0.1, 0.4, 0.4, 0.9])
    table = ScoreTable.of(scores)
    assert table == ScoreTable((0.1, 0.4, 0.9), (1.0, 0.75, 0.25), 4)
    for threshold in (0.0, 0.1, 0.2, 0.4, 0.5, 0.9, 1.0):
        assert table.share_reaching(threshold) == (scores >= threshold).mean()


def test_many_scores_are_kept_within_one_percent_of_both_rates():
    scores = numpy_generator(0, "scores").normal(size=200_000)
    table = ScoreTable.of(scores)
    assert len(table.scores) < 2_500
    for threshold in np.linspace(-4, 4, 101):
        reaching, kept = (scores >= threshold).mean(), table.share_reaching(float(threshold))
        assert kept == pytest.approx(reaching, rel=0.011)
        assert 1 - kept == pytest.approx(1 - reaching, rel=0.011)


@pytest.mark.parametrize("count", [1, 2, 100, 5000])
def test_threshold_at_a_share_keeps_it(count):
    scores = numpy_generator(count, "scores").normal(size=count)
    table = ScoreTable.of(scores)
    for share in (1.0, 0.5, 0.1, 0.01, 0.001, 0.0):
        threshold = table.threshold_reached_by(share)
        reached = (scores >= threshold).mean()
        assert reached <= share + 1e-9
        assert reached >= share * 0.98 - 1 / count
        assert np.isfinite(threshold)


def test_tied_scores_all_pass_or_all_fail():
    table = ScoreTable.of(np.full(10, 0.5))
    assert table.threshold_reached_by(0.1) > 0.5
    assert table.threshold_reached_by(1.0) == 0.5


def test_kept_ranks_hold_both_ends():
    assert kept_ranks(1).tolist() == [0]
    assert kept_ranks(50).tolist() == list(range(50))
    ranks = kept_ranks(100_000)
    assert set(range(50)) <= set(ranks)
    assert set(range(99_950, 100_000)) <= set(ranks)


def test_json_brings_it_back():
    table = ScoreTable.of(numpy_generator(0, "scores").normal(size=3000).astype(np.float32))
    assert ScoreTable.from_json(json.loads(json.dumps(table.to_json()))) == table


@pytest.mark.parametrize(
    "change",
    [
        {"scores": [0.4, 0.1]},
        {"scores": [0.1]},
        {"scores": "0.1"},
        {"scores": [0.1, float("inf")]},
        {"scores": [], "shares": []},
        {"shares": [0.5, 0.5]},
        {"shares": [0.9, 0.5]},
        {"shares": [1.0, 0.0]},
        {"shares": [1.0, True]},
        {"pairs": 1},
        {"pairs": 2.5},
        {"pairs": None},
        {"more": 1},
    ],
)
def test_a_damaged_table_is_refused(change):
    with pytest.raises(ModelError):
        ScoreTable.from_json({"scores": [0.1, 0.4], "shares": [1.0, 0.5], "pairs": 2, **change})
    assert ScoreTable.from_json({"scores": [0.1, 0.4], "shares": [1.0, 0.5], "pairs": 2}).pairs == 2
