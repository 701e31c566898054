from __future__ import annotations

import numpy as np
import pytest

from gemel.errors import DataError
from gemel.plots.optimisers import LossCurve
from gemel.plots.regression import Fit, regression
from tests.plots.drawn import texts


def fit(height: float) -> Fit:
    x = np.linspace(-1, 1, 5)
    told = {step: height * x + step for step in (0, 1, 10)}
    return Fit(x, height * x, np.array([0.5]), np.array([height / 2]), told)


def curve(name: str, *means: float) -> LossCurve:
    mean = np.array(means)
    return LossCurve(name, mean, 0.9 * mean, 1.1 * mean)


def test_each_network_has_a_column_each_function_a_row_and_each_question_its_errors() -> None:
    curves = [curve("maml", 3.0, 1.0, 0.5), curve("pretrained", 3.0, 2.5, 2.0)]
    fits = {"maml": [fit(1.0), fit(2.0)], "pretrained": [fit(1.0), fit(2.0)]}
    figure = regression(fits, {"5 points": curves, "10 points": curves}, "A title", "A note.")
    axes = figure.get_axes()
    assert len(axes) == 2 * 2 + 2
    truth, before, one, ten, known = axes[0].get_lines()
    assert truth.get_ydata().tolist() == fit(1.0).truth.tolist()
    assert [line.get_ydata()[2] for line in (before, one, ten)] == [0, 1, 10]
    assert known.get_xydata().tolist() == [[0.5, 0.5]]
    assert axes[4].get_lines()[0].get_xydata().tolist() == [[0, 3], [1, 1], [2, 0.5]]
    assert axes[4].get_yscale() == "log"
    words = {"A title", "A note.", "maml", "pretrained", "truth", "before", "after 1 step", "after 10 steps", "known"}
    assert words | {"5 points", "10 points", "steps"} <= set(texts(figure))


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(DataError, match="no network to draw"):
        regression({}, {}, "A title", "")
