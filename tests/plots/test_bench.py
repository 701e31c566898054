"""The benchmark's figure."""

from __future__ import annotations

import pytest

from gemel.plots.bench import LEAST, Mark, benchmark
from tests.plots.drawn import texts

PANELS = {
    "near": [
        Mark("one", "5w1s", 0.02, (0.01, 0.03), 0.015),
        Mark("one", "20w1s", 0.05, (0.04, 0.06), None),
        Mark("two", "5w1s", 0.0, (0.0, 0.001), None),
    ],
    "far": [Mark("two", "5w1s", 0.4, (0.38, 0.42), None)],
}


def test_each_mark_is_its_error_and_interval_and_a_ring_where_a_paper_is() -> None:
    near, far = benchmark(PANELS, "A table").get_axes()
    assert [axes.get_title("left") for axes in (near, far)] == ["near", "far"]
    lines = near.get_lines()
    assert len(lines) == 3 * 2 + 1
    assert list(lines[0].get_xdata()) == [0.01, 0.03]
    assert list(lines[1].get_xdata()) == [0.02]
    assert list(lines[2].get_xdata()) == [0.015]
    assert lines[2].get_markerfacecolor() == "none"
    assert list(lines[-1].get_xdata()) == [LEAST]  # a logarithm has no 0


def test_methods_go_down_and_settings_lie_a_little_apart() -> None:
    near, _ = benchmark(PANELS, "A table").get_axes()
    assert [tick.get_text() for tick in near.get_yticklabels()] == ["one", "two"]
    heights = [float(line.get_ydata()[0]) for line in near.get_lines()]
    assert heights[0] == heights[1] == heights[2] < heights[3] < 0.5 < heights[-1]
    assert near.get_ylim()[0] > near.get_ylim()[1]


@pytest.mark.parametrize(("paper", "told"), [(0.1, True), (None, False)])
def test_the_legend_names_the_settings_and_the_ring_if_there_is_one(paper: float | None, told: bool) -> None:
    figure = benchmark({"only": [Mark("one", "5w1s", 0.2, (0.1, 0.3), paper)]}, "A table")
    assert "5w1s" in texts(figure)
    assert ("the paper's" in texts(figure)) == told
