"""The ROC curve beside the scores that it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from gemel.evaluation.roc import roc, tar_at_far
from gemel.evaluation.verification import VerificationResult, checked_pairs
from gemel.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    SMALL,
    TEXT,
    VERMILION,
    exact_percent,
    new_figure,
    quiet,
    two_digits,
)
from gemel.wording import counted

BINS = 48


def roc_and_scores(
    scores: np.ndarray,
    same: np.ndarray,
    thresholds: Mapping[str, float],
    what: str,
    result: VerificationResult | None = None,
    log: bool = True,
) -> Figure:
    """Return the ROC curve, and the histograms of genuine and impostor scores with the thresholds drawn.

    Args:
        scores: (P,) finite, higher for more alike.
        same: (P,) 1 for a genuine pair, 0 for an impostor pair.
        thresholds: name -> score; each is a line among the scores and a dot on the curve.
        what: the items, for the title: "the test classes of glyphs".
        result: AUC, EER and TAR of these pairs with their intervals, to be printed.
        log: the FAR on a logarithmic axis, shaded where fewer than ten impostor pairs decide.

    Raises:
        DataError: no genuine or no impostor pair, or a score that is not finite.
    """
    values, genuine = checked_pairs(scores, same)
    count = int(genuine.sum())
    impostors = counted(len(values) - count, "impostor pair")
    note = f"{counted(count, 'genuine pair')} (one class) and {impostors} (two classes)."
    figure = new_figure(4.4, f"Verification: {what}", note if result is None else f"{note}\n{summary(result)}")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
    draw_roc(left, values, genuine, thresholds, log)
    draw_histograms(right, values, genuine, thresholds)
    return figure


def summary(result: VerificationResult) -> str:
    """Return AUC, EER and the true accept rate at the least FAR that the pairs can tell, with their intervals."""
    told = {far: tar for far, tar in result.tar_at_far.items() if not tar.too_few_pairs}
    parts = [f"AUC {result.auc}", f"EER {result.eer}"]
    parts += [f"TAR {told[far]} at FAR {exact_percent(far)}" for far in sorted(told)[:1]]
    return ", ".join(parts) + "; 95 % intervals."


def draw_roc(axes: Axes, scores: np.ndarray, genuine: np.ndarray, thresholds: Mapping[str, float], log: bool) -> None:
    """Draw the curve, chance, and each threshold's place on it."""
    curve = roc(scores, genuine.astype(int))
    impostors = int((~genuine).sum())
    least = min(0.3 / impostors, 0.1) if log else 0.0  # room for a FAR of 0, which a logarithm has not
    chance = np.geomspace(least, 1, 100) if log else np.array([0.0, 1.0])
    axes.plot(chance, chance, color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    axes.plot(np.maximum(curve.far, least), curve.tar, color=BLUE, linewidth=2, drawstyle="steps-post")
    quiet(axes, "ROC", "false accept rate (FAR)", "true accept rate (TAR)")
    if log:
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.axvspan(least, min(10 / impostors, 1), color=FAINT, alpha=0.6, linewidth=0)
        axes.set_xlabel("false accept rate (FAR)\ngrey: fewer than 10 impostor pairs accepted", size=TEXT, color=INK)
    axes.xaxis.set_major_formatter(FuncFormatter(exact_percent))
    axes.yaxis.set_major_formatter(FuncFormatter(exact_percent))
    points = [
        [(scores[genuine == kind] >= threshold).mean() for kind in (False, True)] for threshold in thresholds.values()
    ]
    for name, (far, tar), style in zip(thresholds, points, MARKERS * len(thresholds), strict=False):
        axes.plot([max(far, least)], [tar], style, color=INK, markersize=6, clip_on=False, label=name, zorder=3)
    lowest = lowest_shown(min([tar_at_far(curve, 10 / impostors), *(tar for _, tar in points)])) if log else 0.0
    axes.set(xlim=(least, 1), ylim=(lowest, 1 + 0.02 * (1 - lowest)))


def lowest_shown(tar: float) -> float:
    """Return where the TAR's axis begins, so that a curve from ``tar`` on fills it: a tenth, in [0, 0.9]."""
    return max(0.0, math.floor(10 * (1 - 1.5 * (1 - tar)) - 1e-9) / 10)


#: One for each threshold, in turn.
MARKERS = ("o", "s", "^", "D")


def draw_histograms(axes: Axes, scores: np.ndarray, genuine: np.ndarray, thresholds: Mapping[str, float]) -> None:
    """Draw both distributions, each as shares of its own pairs, and the thresholds as lines."""
    low, high = min(scores.min(), *thresholds.values(), np.inf), max(scores.max(), *thresholds.values(), -np.inf)
    room = 0.02 * (high - low) or 0.5
    edges = np.linspace(low - room, high + room, BINS + 1)
    tallest = 0.0
    for kind, name, colour in ((False, "impostor", VERMILION), (True, "genuine", BLUE)):
        chosen = scores[genuine == kind]
        shares = np.histogram(chosen, edges)[0] / len(chosen)
        tallest = max(tallest, float(shares.max()))
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.35, label=f"{name} pairs")
        axes.stairs(shares, edges, color=colour, linewidth=1.4)
    quiet(axes, "Scores and thresholds", "score (higher is more alike)", "share of pairs")
    axes.yaxis.set_major_formatter(FuncFormatter(exact_percent))
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1.45 * tallest))
    for (name, threshold), style in zip(thresholds.items(), MARKERS * len(thresholds), strict=False):
        axes.plot([threshold, threshold], [0, 1.08 * tallest], color=INK, linewidth=1.1)
        axes.plot(
            [threshold], [1.08 * tallest], style, color=INK, markersize=6, label=f"{name}: {two_digits(threshold)}"
        )
    axes.legend(loc="upper center", ncols=2, fontsize=SMALL, frameon=False, labelcolor=INK, borderaxespad=0.2)
