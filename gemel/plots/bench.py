"""A benchmark's table as a picture: our errors with their intervals, the papers' as rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator

from gemel.plots.style import INK, SMALL, class_colours, exact_percent, new_figure, quiet

#: The least error that a logarithmic axis shows.
LEAST = 2e-4


@dataclass(frozen=True)
class Mark:
    """One method's error in one setting, as fractions, with its interval; ``paper`` is the published one, or None."""

    method: str
    setting: str
    error: float
    ci95: tuple[float, float]
    paper: float | None


def benchmark(panels: Mapping[str, Sequence[Mark]], title: str) -> Figure:
    """Return a panel a protocol: methods down, error across (logarithmic), a colour a setting, a ring where a paper is.

    Args:
        panels: protocol -> its marks, each method's and setting's at most once.
        title: of the whole.
    """
    settings = list(dict.fromkeys(mark.setting for marks in panels.values() for mark in marks))
    colours = dict(zip(settings, class_colours(len(settings)), strict=True))
    heights = [len({mark.method for mark in marks}) + 1.2 for marks in panels.values()]
    figure = new_figure(
        1.3 + 0.36 * sum(heights), title, "Error on classes never seen, 95 % intervals; less is better."
    )
    rows = figure.subplots(len(panels), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    for axes, (protocol, marks) in zip(rows, panels.items(), strict=True):
        draw_panel(axes, protocol, marks, colours)
    rows[-1].set_xlabel("error (logarithmic)", size=SMALL, color=INK)
    figure.legend(handles=keys(colours, panels), loc="outside lower center", ncols=6, fontsize=SMALL, frameon=False)
    return figure


def draw_panel(axes: Axes, protocol: str, marks: Sequence[Mark], colours: Mapping[str, str]) -> None:
    """Draw one protocol: a line a method, its settings a little apart."""
    methods = list(dict.fromkeys(mark.method for mark in marks))
    quiet(axes, protocol)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(FuncFormatter(exact_percent))
    axes.set_yticks(range(len(methods)), methods, size=SMALL, color=INK)
    axes.set(ylim=(len(methods) - 0.4, -0.6))
    for mark in marks:
        shift = 0.5 * (list(colours).index(mark.setting) + 0.5) / len(colours) - 0.25
        draw_mark(axes, mark, methods.index(mark.method) + shift, colours[mark.setting])


def draw_mark(axes: Axes, mark: Mark, height: float, colour: str) -> None:
    """Draw an error with its interval, and the paper's as a ring."""
    low, value, high = (max(one, LEAST) for one in (mark.ci95[0], mark.error, mark.ci95[1]))
    axes.plot([low, high], [height, height], color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot([value], [height], "o", color=colour, markersize=4.5)
    if mark.paper is not None:
        axes.plot([max(mark.paper, LEAST)], [height], "o", markerfacecolor="none", color=colour, markersize=7)


def keys(colours: Mapping[str, str], panels: Mapping[str, Sequence[Mark]]) -> list[Line2D]:
    """Return the legend: a colour a setting, and the papers' rings."""
    found = [Line2D([], [], color=colour, marker="o", label=name) for name, colour in colours.items()]
    if any(mark.paper is not None for marks in panels.values() for mark in marks):
        ring = {"color": INK, "marker": "o", "markerfacecolor": "none", "linestyle": "none"}
        found.append(Line2D([], [], label="the paper's", **ring))  # type: ignore[arg-type]  # matplotlib's stubs
    return found
