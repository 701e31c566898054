"""How a training went."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

from gemel.errors import DataError
from gemel.plots.style import BLUE, INK, SMALL, VERMILION, exact_percent, new_figure, quiet
from gemel.training.progress import Record
from gemel.wording import counted


def curves(history: Sequence[Record], what: str) -> Figure:
    """Return the training loss and the validation classes' one-shot accuracy over the steps, the best one marked.

    Args:
        history: a training's records, in order.
        what: what was trained, for the title: "characters".

    Raises:
        DataError: there is no record.
    """
    if not history:
        raise DataError("There is no record of the training to draw; train first.")
    last = history[-1]
    figure = new_figure(
        3.9,
        f"Training of {what}: {counted(last.step, 'step')} in {duration(last.seconds)}",
        f"{counted(len(history), 'validation')}; each loss is the mean over the steps since the last one.",
    )
    left, right = figure.subplots(1, 2)
    steps = [record.step for record in history]
    draw_curve(left, steps, [record.loss for record in history], VERMILION)
    quiet(left, "Training loss", "step")
    left.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    draw_curve(right, steps, [record.accuracy for record in history], BLUE)
    quiet(right, "One-shot accuracy, validation classes", "step")
    right.yaxis.set_major_formatter(FuncFormatter(exact_percent))
    mark_best(right, max(history, key=lambda record: record.accuracy))
    return figure


def draw_curve(axes: Axes, steps: Sequence[int], values: Sequence[float], colour: str) -> None:
    """Draw one curve over the steps; few points are dots as well."""
    axes.plot(steps, values, color=colour, linewidth=1.8, marker="o" if len(steps) < 30 else "", markersize=3.5)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(x=0.04, y=0.12)


def mark_best(axes: Axes, best: Record) -> None:
    """Ring the best record, and say it in the corner where an accuracy curve leaves room."""
    axes.plot([best.step], [best.accuracy], "o", markersize=10, markerfacecolor="none", color=INK, markeredgewidth=1.5)
    axes.text(
        0.97, 0.05, f"best {best.accuracy:.1%} at step {best.step:,}".replace("%", " %"),
        transform=axes.transAxes, ha="right", size=SMALL, color=INK,
    )  # fmt: skip


def duration(seconds: float) -> str:
    """Return ``48 s``, ``13 min`` or ``2.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
