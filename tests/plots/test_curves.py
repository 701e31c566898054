import pytest

from gemel.errors import DataError
from gemel.plots.curves import curves, duration
from gemel.training.progress import Record
from tests.plots.drawn import texts

HISTORY = [Record(step, 8 / step, accuracy, 900.0, step / 2) for step, accuracy in ((10, 0.2), (20, 0.9), (300, 0.6))]


def test_both_curves_and_the_best():
    figure = curves(HISTORY, "'toys'")
    loss, accuracy = figure.get_axes()
    assert loss.get_lines()[0].get_xydata().tolist() == [[10, 0.8], [20, 0.4], [300, 8 / 300]]
    line, ring = accuracy.get_lines()
    assert line.get_xydata().tolist() == [[10, 0.2], [20, 0.9], [300, 0.6]]
    assert ring.get_xydata().tolist() == [[20, 0.9]]
    said = texts(figure)
    assert "Training of 'toys': 300 steps in 2 min" in said
    assert "best 90.0 % at step 20" in said


def test_a_single_record_draws():
    figure = curves(HISTORY[:1], "'toys'")
    assert any(text.startswith("1 validation;") for text in texts(figure))


def test_an_empty_history_is_refused():
    with pytest.raises(DataError, match="no record"):
        curves([], "'toys'")


@pytest.mark.parametrize(("seconds", "text"), [(48.2, "48 s"), (800, "13 min"), (9000, "2.5 h")])
def test_duration(seconds, text):
    assert duration(seconds) == text
