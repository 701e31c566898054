"""Arrays -> what ECharts draws: calm, readable on light and dark, and text is never read as HTML."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gemel.evaluation.intervals import mean_rate
from gemel.evaluation.roc import Roc
from gemel.plots.style import BLUE, PALETTE, VERMILION, hue

#: Readable on both papers.
TEXT, FAINT = "#84909c", "rgba(132, 144, 156, 0.22)"
#: Points kept of a curve; more are not told apart.
MOST_POINTS = 400
#: More classes than this have no room in a legend.
NAMED = 24

Options = dict[str, Any]


def frame(x: str, y: str, **axes: Options) -> Options:
    """Return an empty chart with named axes; ``x_axis`` and ``y_axis`` add to them."""
    line = {"lineStyle": {"color": FAINT}}
    axis = {
        "type": "value",
        "nameLocation": "middle",
        "nameTextStyle": {"color": TEXT},
        "axisLabel": {"color": TEXT, "hideOverlap": True},
        "axisLine": line,
        "axisTick": {"show": False},
        "splitLine": line,
    }
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": "inherit"},
        "color": list(PALETTE),
        "grid": {"left": 62, "right": 18, "top": 34, "bottom": 46},
        "legend": {"top": 0, "textStyle": {"color": TEXT}, "icon": "roundRect", "itemHeight": 8, "itemWidth": 14},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {**axis, "name": x, "nameGap": 28, **axes.get("x_axis", {})},
        "yAxis": {**axis, "name": y, "nameGap": 42, **axes.get("y_axis", {})},
        "series": [],
    }


def curve(name: str, x: Sequence[float], y: Sequence[float], **style: Any) -> Options:
    """Return one line through the points that are finite."""
    points = [[float(a), float(b)] for a, b in zip(x, y, strict=True) if np.isfinite(a) and np.isfinite(b)]
    return {"type": "line", "name": name, "data": points, "showSymbol": len(points) < 30, "symbolSize": 5, **style}


def curves(lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], x: str, y: str, **axes: Options) -> Options:
    """Return several lines by name, each (x values, y values)."""
    return frame(x, y, **axes) | {"series": [curve(name, *points) for name, points in lines.items()]}


def episodes(rates: Sequence[float], names: tuple[str, str, str], x: str, y: str) -> Options:
    """Return each episode's accuracy as a dot, the mean so far as a line, and its 95 % interval as a band.

    Args:
        rates: (E,) in [0, 1], in their order.
        names: of the dots, the mean and the band.
        x, y: the axes' names; accuracies are drawn in per cent.
    """
    chart = frame(x, y, y_axis={"min": 0, "max": 100})
    counts = range(2, len(rates) + 1)
    running = [mean_rate(np.array(rates[:count])) for count in counts]
    means = [100 * each.value for each in running]
    low = [100 * each.ci95[0] for each in running]
    width = [100 * (each.ci95[1] - each.ci95[0]) for each in running]
    bare = {"stack": "band", "lineStyle": {"opacity": 0}, "symbol": "none", "tooltip": {"show": False}}
    chart["series"] = [
        {"type": "scatter", "name": names[0], "data": [[n + 1, 100 * rate] for n, rate in enumerate(rates)],
         "symbolSize": 6, "itemStyle": {"color": VERMILION, "opacity": 0.55}},
        curve(names[1], counts, means, color=BLUE, symbol="none", lineStyle={"width": 2}),
        curve("", counts, low, **bare),
        curve(names[2], counts, width, **bare, areaStyle={"color": BLUE, "opacity": 0.16}, color=BLUE),
    ]  # fmt: skip
    chart["legend"]["data"] = list(names)
    return chart


def histograms(
    genuine: np.ndarray,
    impostor: np.ndarray,
    edges: np.ndarray,
    names: tuple[str, str],
    x: str,
    y: str,
    threshold: float,
) -> Options:
    """Return two histograms of scores as shares, and the threshold as a line: counts (B,), (B,), edges (B + 1,)."""
    middles = (edges[:-1] + edges[1:]) / 2
    chart = frame(x, y, x_axis={"min": math.floor(10 * edges[0]) / 10, "max": math.ceil(10 * edges[-1]) / 10})
    for name, counts, colour in zip(names, (genuine, impostor), (BLUE, VERMILION), strict=True):
        shares = 100 * counts / max(1, counts.sum())
        drawn = curve(name, middles.tolist(), shares.tolist(), color=colour, symbol="none", step="middle")
        chart["series"].append(drawn | {"areaStyle": {"opacity": 0.3}, "lineStyle": {"width": 1.5}})
    chart["series"][0]["markLine"] = vertical(threshold)
    return chart


def vertical(place: float) -> Options:
    """Return a dashed line at a place of the x axis."""
    return {
        "silent": True,
        "symbol": "none",
        "label": {"show": True, "formatter": f"{place:.3f}", "color": TEXT},
        "lineStyle": {"color": TEXT, "type": "dashed", "width": 1.5},
        "data": [{"xAxis": place}],
    }


def thinned(roc: Roc, most: int = MOST_POINTS) -> Roc:
    """Return a curve of at most ``most`` points, its ends among them."""
    if len(roc.far) <= most:
        return roc
    kept = np.unique(np.linspace(0, len(roc.far) - 1, most).round().astype(int))
    return Roc(roc.thresholds[kept], roc.far[kept], roc.tar[kept])


def roc_chart(roc: Roc, here: tuple[float, float], x: str, y: str) -> Options:
    """Return true accepts over false accepts, in per cent, and the point (FAR, FRR) of the threshold."""
    thin = thinned(roc)
    chart = frame(x, y, x_axis={"min": 0, "max": 100}, y_axis={"min": 0, "max": 100})
    chart["series"] = [
        curve("ROC", (100 * thin.far).tolist(), (100 * thin.tar).tolist(), color=BLUE, symbol="none"),
        point(100 * here[0], 100 * (1 - here[1])),
    ]
    return chart | {"legend": {"show": False}}


def det_chart(roc: Roc, here: tuple[float, float], x: str, y: str) -> Options:
    """Return false rejects over false accepts, both in per cent and logarithmic; rates of 0 have no place on it."""
    kept = (roc.far > 0) & (roc.frr > 0)
    thin = thinned(Roc(roc.thresholds[kept], roc.far[kept], roc.tar[kept]))
    scale = {"type": "log", "max": 100}
    chart = frame(x, y, x_axis=scale, y_axis=scale)
    chart["series"] = [curve("DET", (100 * thin.far).tolist(), (100 * thin.frr).tolist(), color=BLUE, symbol="none")]
    if min(here) > 0:
        chart["series"].append(point(100 * here[0], 100 * here[1]))
    return chart | {"legend": {"show": False}}


def point(x: float, y: float) -> Options:
    """Return one place, marked."""
    return {"type": "scatter", "data": [[x, y]], "symbolSize": 13, "itemStyle": {"color": VERMILION}, "z": 5}


def colours(count: int) -> list[str]:
    """Return a colour for each of ``count`` classes, to be told apart on light and on dark."""
    return [hue(number / count, (0.46, 0.62)[number % 2]) for number in range(count)]


def scatter(places: np.ndarray, groups: Sequence[int], names: Sequence[str], colours: Sequence[str]) -> Options:
    """Return places in the plane, a series for each group: (N, 2), (N,) positions in ``names``.

    Each dot's third value is its position among the places, by which a click or hover is told.
    """
    bare = {"show": False}
    chart = frame("", "", x_axis={"scale": True, **bare}, y_axis={"scale": True, **bare})
    for number, (name, colour) in enumerate(zip(names, colours, strict=True)):
        held = [row for row, group in enumerate(groups) if group == number]
        chart["series"].append({
            "type": "scatter", "name": name, "symbolSize": 10, "itemStyle": {"color": colour, "opacity": 0.85},
            "data": [[float(places[row, 0]), float(places[row, 1]), row] for row in held],
            "emphasis": {"itemStyle": {"borderColor": TEXT, "borderWidth": 2}},
        })  # fmt: skip
    chart["grid"] = {"left": 12, "right": 12, "top": 34, "bottom": 12}
    return chart | {
        "legend": chart["legend"] | {"show": len(names) <= NAMED, "type": "scroll"},
        "tooltip": {**bare, "trigger": "item"},
    }
