from __future__ import annotations

import numpy as np
import pytest

from gemel.errors import DataError
from gemel.plots.optimisers import HIGHEST, LossCurve, loss_by_step, shown
from tests.plots.drawn import texts


def curve(name: str, *means: float) -> LossCurve:
    mean = np.array(means)
    return LossCurve(name, mean, 0.9 * mean, 1.1 * mean)


def test_each_optimiser_is_a_line_with_a_band_and_a_name() -> None:
    figure = loss_by_step(
        [curve("learned", 8.0, 2.0, 0.5), curve("Adam, rate 0.5", 8.0, 4.0, 2.0)], "A title", "A note."
    )
    (axes,) = figure.get_axes()
    first, second = axes.get_lines()
    assert first.get_xydata().tolist() == [[0, 8], [1, 2], [2, 0.5]]
    assert first.get_linewidth() > second.get_linewidth()
    assert len(axes.collections) == 2
    assert axes.get_yscale() == "log"
    assert {"A title", "A note.", "learned", "Adam, rate 0.5", "step"} <= set(texts(figure))


def test_one_that_goes_astray_does_not_flatten_the_others() -> None:
    curves = [curve("learned", 8.0, 2.0, 0.5), curve("SGD", 8.0, 1e20, np.inf)]
    low, high = shown(curves)
    assert low < 0.5
    assert high == pytest.approx(1.3 * HIGHEST * 8)
    line = loss_by_step(curves, "A title", "").get_axes()[0].get_lines()[1]
    assert np.isnan(line.get_ydata()[2])


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(DataError, match="no optimiser"):
        loss_by_step([], "A title", "")
