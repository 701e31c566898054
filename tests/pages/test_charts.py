"""What is drawn: pure functions of arrays."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gemel.evaluation.intervals import mean_rate
from gemel.evaluation.roc import roc
from gemel.pages import charts


def test_a_curve_leaves_out_what_is_not_finite():
    drawn = charts.curve("a", [1, 2, 3], [0.5, float("nan"), float("inf")])
    assert drawn["data"] == [[1.0, 0.5]]


def test_episodes_show_dots_mean_and_interval():
    rates = [0.2, 0.4, 0.9, 0.5]
    chart = charts.episodes(rates, ("dots", "mean", "band"), "x", "y")
    dots, mean, low, width = (series["data"] for series in chart["series"])
    assert dots == [[1, 20.0], [2, 40.0], [3, 90.0], [4, 50.0]]
    assert [place for place, _ in mean] == [2, 3, 4]
    for count in (2, 3, 4):
        known = mean_rate(np.array(rates[:count]))
        assert mean[count - 2][1] == pytest.approx(100 * known.value)
        assert low[count - 2][1] == pytest.approx(100 * known.ci95[0])
        assert low[count - 2][1] + width[count - 2][1] == pytest.approx(100 * known.ci95[1])


def test_no_episode_and_one_episode_can_be_drawn():
    assert [len(series["data"]) for series in charts.episodes([], ("a", "b", "c"), "", "")["series"]] == [0, 0, 0, 0]
    assert [len(series["data"]) for series in charts.episodes([1.0], ("a", "b", "c"), "", "")["series"]] == [1, 0, 0, 0]


def test_histograms_are_shares_of_each_kind():
    edges = np.array([0.0, 0.5, 1.0])
    chart = charts.histograms(np.array([1, 3]), np.array([0, 0]), edges, ("g", "i"), "x", "y", 0.25)
    assert chart["series"][0]["data"] == [[0.25, 25.0], [0.75, 75.0]]
    assert chart["series"][1]["data"] == [[0.25, 0.0], [0.75, 0.0]]
    assert chart["series"][0]["markLine"]["data"] == [{"xAxis": 0.25}]


def test_the_curves_of_a_threshold_mark_where_it_is():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(1, 1, 2000), rng.normal(-1, 1, 2000)])
    curve = roc(scores, np.repeat([1, 0], 2000))
    drawn = charts.roc_chart(curve, (0.1, 0.2), "x", "y")
    line, mark = drawn["series"]
    assert len(line["data"]) <= charts.MOST_POINTS
    assert line["data"][0] == [0.0, 0.0]
    assert line["data"][-1] == [100.0, 100.0]
    assert mark["data"] == [[10.0, 80.0]]
    detection = charts.det_chart(curve, (0.1, 0.2), "x", "y")
    assert all(min(point) > 0 for point in detection["series"][0]["data"])
    assert detection["series"][1]["data"] == [[10.0, 20.0]]
    assert len(charts.det_chart(curve, (0.0, 0.2), "x", "y")["series"]) == 1


def test_places_keep_their_numbers_in_their_groups():
    places = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    chart = charts.scatter(places, [1, 0, 1], ["a", "b"], ["#000000", "#ffffff"])
    assert chart["series"][0]["data"] == [[2.0, 3.0, 1]]
    assert chart["series"][1]["data"] == [[0.0, 1.0, 0], [4.0, 5.0, 2]]


def test_no_chart_reads_names_as_html():
    for chart in (charts.frame("", ""), charts.curves({"<b>": ([1], [2])}, "x", "y")):
        assert chart["tooltip"]["renderMode"] == "richText"
        json.dumps(chart)
