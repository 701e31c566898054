"""Optimisers at work, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from gemel.errors import DataError
from gemel.plots.style import INK, SMALL, class_colours, new_figure, quiet

#: No curve is followed higher than so many times the loss at the start: one that leaves would flatten the others.
HIGHEST = 3.0


@dataclass(frozen=True, eq=False)
class LossCurve:
    """One optimiser's mean loss at the steps 0 ... T, with the bounds of its interval: each (T + 1,)."""

    name: str
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def loss_by_step(curves: Sequence[LossCurve], title: str, note: str) -> Figure:
    """Return the losses over the steps, logarithmic, with their intervals as bands; the first curve stands out.

    Args:
        curves: of equally many steps; the first is the one that the others are held against.
        title, note: above the figure.

    Raises:
        DataError: there is no curve.
    """
    if not curves:
        raise DataError("There is no optimiser to draw; compare at least one.")
    figure = new_figure(4.6, title, note)
    axes = figure.subplots()
    quiet(axes, "", "step", "mean loss (logarithmic)")
    axes.set_yscale("log")
    for order, (curve, colour) in enumerate(zip(curves, class_colours(len(curves)), strict=True)):
        draw_losses(axes, curve, colour, 2.6 if order == 0 else 1.5)
    axes.set(xlim=(0, len(curves[0].mean) - 1), ylim=shown(curves))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.minorticks_off()
    axes.legend(loc="upper right", fontsize=SMALL, frameon=False, labelcolor=INK)
    return figure


def draw_losses(axes: Axes, curve: LossCurve, colour: str, width: float) -> None:
    """Draw one curve and its band; what is not finite leaves a gap."""
    steps, finite = np.arange(len(curve.mean)), np.isfinite(curve.mean)
    axes.fill_between(steps, curve.low, curve.high, where=finite.tolist(), color=colour, alpha=0.15, linewidth=0)
    axes.plot(steps, np.where(finite, curve.mean, np.nan), color=colour, linewidth=width, label=curve.name)


def shown(curves: Sequence[LossCurve]) -> tuple[float, float]:
    """Return the least and the greatest loss that is drawn."""
    means = np.concatenate([curve.mean for curve in curves])
    start = max(float(curve.mean[0]) for curve in curves)
    finite = means[np.isfinite(means) & (means > 0)]
    highest = min(float(finite.max()), HIGHEST * start)
    return 0.7 * float(finite.min()), 1.3 * highest
