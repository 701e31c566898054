import json

import numpy as np
import pytest

from gemel.errors import DataError, ModelError
from gemel.evaluation import OperatingPoint, operating_points, point_at_eer, point_at_far
from gemel.randomness import numpy_generator
from tests.reference import evaluation as reference


def normals(count, seed=0):
    generator = numpy_generator(seed, "normals")
    return generator.normal(2, 1, count), generator.normal(0, 1, count)


@pytest.mark.parametrize("count", [20, 500, 20_000])
def test_points_tell_the_rates_that_their_thresholds_reach(count):
    genuine, impostor = normals(count)
    points = operating_points(genuine, impostor)
    assert list(points) == ["eer", "far_0.1", "far_0.01", "far_0.001"]
    for point in points.values():
        assert (point.far, point.frr) == reference.rates_at(genuine, impostor, point.threshold)
    for far in (0.1, 0.01, 0.001):
        assert far * 0.97 - 1 / count <= points[f"far_{far}"].far <= far
    assert abs(points["eer"].far - points["eer"].frr) <= 1 / count


def test_points_of_two_normals_are_the_known_ones():
    points = operating_points(*normals(100_000))
    assert points["eer"].threshold == pytest.approx(1, abs=0.03)
    assert points["eer"].far == pytest.approx(0.1587, abs=0.005)
    assert points["far_0.1"].threshold == pytest.approx(1.2816, abs=0.03)
    assert points["far_0.001"].threshold == pytest.approx(3.0902, abs=0.1)


def test_few_pairs_are_flagged():
    flags = [point.too_few_pairs for point in operating_points(*normals(500)).values()]
    assert flags == [False, False, True, True]
    assert point_at_eer(*normals(99)).too_few_pairs


def test_a_gap_is_cut_in_its_middle():
    assert point_at_eer(np.array([0.8, 0.9]), np.array([0.1, 0.4])) == OperatingPoint(pytest.approx(0.6), 0, 0, True)
    assert point_at_far(np.array([0.8]), np.array([0.1, 0.4]), 0.5).threshold == pytest.approx(0.25)


def test_constant_scores_and_single_pairs():
    point = point_at_eer(np.array([0.5]), np.array([0.5]))
    assert (point.threshold, point.far, point.frr) == (0.5, 1, 0)
    closed = point_at_far(np.array([0.5]), np.array([0.5]), 0.1)
    assert closed.threshold > 0.5
    assert (closed.far, closed.frr) == (0, 1)


def test_a_missing_kind_is_told():
    with pytest.raises(DataError, match="There are no genuine pairs; both"):
        operating_points(np.array([]), np.array([0.5]))
    with pytest.raises(DataError, match="There are no impostor pairs; both"):
        point_at_far(np.array([0.5]), np.array([]), 0.1)


def test_json_brings_it_back():
    point = point_at_eer(*normals(200))
    assert OperatingPoint.from_json(json.loads(json.dumps(point.to_json()))) == point


@pytest.mark.parametrize("change", [{"far": 1.5}, {"threshold": None}, {"too_few_pairs": 0}, {"more": 1}, {"frr": "0"}])
def test_a_damaged_point_is_refused(change):
    with pytest.raises(ModelError):
        OperatingPoint.from_json({"threshold": 0.5, "far": 0.1, "frr": 0.1, "too_few_pairs": False, **change})
