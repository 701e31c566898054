"""Functions told from a few points, before and after some steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from gemel.errors import DataError
from gemel.plots.optimisers import LossCurve, draw_losses
from gemel.plots.style import BLUE, INK, MUTED, PALETTE, SMALL, VERMILION, new_figure, quiet
from gemel.wording import counted

#: How what is told is drawn, from the first to the last step shown.
LINES = ((MUTED, ":"), (VERMILION, "--"), (BLUE, "-"))


@dataclass(frozen=True, eq=False)
class Fit:
    """What a network tells of one function.

    Attributes:
        x, truth: (P,) points and the function's values.
        known_x, known_y: (K,) the support.
        told: steps -> (P,) the network's values after them.
    """

    x: np.ndarray
    truth: np.ndarray
    known_x: np.ndarray
    known_y: np.ndarray
    told: Mapping[int, np.ndarray]


def regression(
    fits: Mapping[str, Sequence[Fit]], errors: Mapping[str, Sequence[LossCurve]], title: str, note: str
) -> Figure:
    """Return each network's fits of the same functions, and under them the errors by step (Finn et al. 2017, figure 2).

    Args:
        fits: network -> its fits, one a function, as many for each.
        errors: what was asked -> every network's mean squared error by step.
        title, note: above the figure.

    Raises:
        DataError: there is no network, or nothing was asked.
    """
    if not fits or not errors:
        raise DataError("There is no network to draw; ask at least one for a function.")
    figure = new_figure(8.6, title, note)
    above, below = np.asarray(figure.subfigures(2, 1, height_ratios=(2, 1.1)))
    rows = len(next(iter(fits.values())))
    grid = above.subplots(rows, len(fits), sharex=True, sharey="row", squeeze=False)
    for column, (name, told) in enumerate(fits.items()):
        for row, fit in enumerate(told):
            quiet(grid[row, column], name if row == 0 else "", "x" if row == rows - 1 else "", "")
            draw_fit(grid[row, column], fit)
    places = below.subplots(1, len(errors), sharey=True, squeeze=False)[0]
    draw_errors(places, errors)
    for part, axes in ((above, grid[0, 0]), (below, places[0])):
        handles, names = axes.get_legend_handles_labels()
        part.legend(handles, names, loc="outside lower center", ncols=len(names), fontsize=SMALL, frameon=False)
    return figure


def draw_fit(axes: Axes, fit: Fit) -> None:
    """Draw a function, its known points, and what is told of it."""
    axes.plot(fit.x, fit.truth, color=PALETTE[2], linewidth=4, alpha=0.35, label="truth")
    for (steps, told), (colour, dashes) in zip(fit.told.items(), LINES, strict=True):
        name = f"after {counted(steps, 'step')}" if steps else "before"
        axes.plot(fit.x, told, color=colour, linestyle=dashes, linewidth=1.6, label=name)
    axes.plot(fit.known_x, fit.known_y, "^", color=INK, markersize=5, label="known", zorder=3)


def draw_errors(places: Sequence[Axes], errors: Mapping[str, Sequence[LossCurve]]) -> None:
    """Draw the errors by step, logarithmic, one axes for each thing asked."""
    for axes, (what, curves) in zip(places, errors.items(), strict=True):
        quiet(axes, what, "steps", "mean squared error" if axes is places[0] else "")
        axes.set(yscale="log", xlim=(0, len(curves[0].mean) - 1))
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.minorticks_off()
        for curve, colour in zip(curves, (BLUE, VERMILION, *PALETTE[2:]), strict=False):
            draw_losses(axes, curve, colour, 2.0)
