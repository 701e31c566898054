"""Pairs of items with their score: the clearest and the hardest, of one class and of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gemel.errors import DataError
from gemel.plots.style import (
    BLUE,
    INK,
    SMALL,
    SMOOTH,
    VERMILION,
    as_rgb,
    bare,
    frame,
    heading,
    new_figure,
    percent,
    two_digits,
)
from gemel.wording import counted


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """P pairs of N items, and what a model says of them.

    Attributes:
        items: uint8 (N, C, H, W).
        left, right: (P,) positions in ``items``.
        same: (P,) 1 for a pair of one class, else 0.
        scores: (P,), higher for more alike.
        probabilities: (P,) that the pair is of one class.
        threshold: a pair is said to be the same where ``score >= threshold``.
    """

    items: np.ndarray
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray
    threshold: float

    @property
    def told_rightly(self) -> np.ndarray:
        """Which pairs are told rightly: bool (P,)."""
        return (self.scores >= self.threshold) == self.same.astype(bool)


def clearest_and_hardest(
    same: np.ndarray, scores: np.ndarray, count: int, classes: np.ndarray | None = None
) -> dict[tuple[bool, str], np.ndarray]:
    """Return, for each kind, up to ``count`` of its clearest pairs, clearest first, and of its hardest, hardest first.

    A same pair is the clearer the higher its score, a different pair the lower. No pair is picked twice, and where
    classes are given, a row shows as many as it can: extremes of one odd class would tell of that class only.

    Args:
        same: (P,) in {0, 1}.
        scores: (P,).
        count: pairs a row.
        classes: (P, 2) each pair's class numbers.

    Returns:
        ``(same, "clearest" or "hardest") -> positions``.
    """
    rows: dict[tuple[bool, str], np.ndarray] = {}
    for kind in (True, False):
        members = np.flatnonzero(same.astype(bool) == kind)
        order = members[np.argsort(-scores[members] if kind else scores[members], kind="stable")]
        clearest = _of_new_classes(order, (len(order) + 1) // 2, count, classes)
        hardest = _of_new_classes(order[::-1], len(order) // 2, count, classes)
        rows |= {(kind, "clearest"): clearest, (kind, "hardest"): hardest}
    return rows


def _of_new_classes(order: np.ndarray, among: int, count: int, classes: np.ndarray | None) -> np.ndarray:
    """Return ``count`` of the first ``among`` pairs, in order: of classes that no earlier one has, then others."""
    old = [] if classes is None else _repeating(order[:among], classes)
    ranks = np.argsort(np.isin(order[:among], old), kind="stable")[:count]
    return order[np.sort(ranks)]


def _repeating(order: np.ndarray, classes: np.ndarray) -> list[int]:
    """Return the pairs that show a class which an earlier pair showed, unless that one is among them itself."""
    seen: set[int] = set()
    repeating = []
    for pair in order.tolist():
        shown = set(classes[pair].tolist())
        if seen.isdisjoint(shown):
            seen |= shown
        else:
            repeating.append(pair)
    return repeating


def pair_grid(pairs: ScoredPairs, what: str, columns: int = 6, classes: np.ndarray | None = None) -> Figure:
    """Return rows of pairs, each with its score and probability, framed blue where told rightly, else vermilion.

    Args:
        pairs: from which the clearest and the hardest of both kinds are picked.
        what: the items, for the title: "the test classes of glyphs".
        columns: pairs a row.
        classes: (P, 2) each pair's class numbers, so that a row shows many.

    Raises:
        DataError: there is no pair.
    """
    if not len(pairs.same):
        raise DataError("There is no pair to draw; give at least one.")
    picked = clearest_and_hardest(pairs.same, pairs.scores, columns, classes)
    rows = {kind: positions for kind, positions in picked.items() if len(positions)}
    height, width = pairs.items.shape[2:]
    cell = min(max((8.0 / columns - 0.15) * height / (2 * width), 0.3), 2.0)
    wrong = percent(float((~pairs.told_rightly).mean()))
    figure = new_figure(
        1.0 + len(rows) * (cell + 0.5),
        f"Same or different? Pairs of {what}",
        f"The clearest and the hardest of {counted(len(pairs.same), 'pair')}; {wrong} of all are told "
        f"wrongly at threshold {two_digits(pairs.threshold)}.\n"
        "Below each: ✓ right or ✗ wrong, the score, and the probability of one class.",
    )
    parts = figure.subfigures(len(rows), 1, squeeze=False).ravel()
    for part, ((kind, grade), positions) in zip(parts, rows.items(), strict=True):
        heading(part, f"{'Same class' if kind else 'Different classes'}, {grade}")
        cells = np.atleast_1d(part.subplots(1, columns))
        for number, axes in enumerate(cells):
            if number < len(positions):
                draw_pair(axes, pairs, int(positions[number]))
            else:
                axes.set_axis_off()
    return figure


def draw_pair(axes: Axes, pairs: ScoredPairs, position: int) -> None:
    """Draw one pair side by side, a thin white line between, its verdict below."""
    left, right = (as_rgb(pairs.items[side[position]]) for side in (pairs.left, pairs.right))
    gap = np.full((left.shape[0], max(1, left.shape[1] // 24), 3), 255, np.uint8)
    axes.imshow(np.concatenate([left, gap, right], axis=1), interpolation=SMOOTH)
    bare(axes)
    correct = bool(pairs.told_rightly[position])
    frame(axes, BLUE if correct else VERMILION)
    score, probability = two_digits(pairs.scores[position]), percent(float(pairs.probabilities[position]))
    text = f"{'✓' if correct else '✗'} {score} · {probability}"
    axes.set_xlabel(text, size=SMALL, color=INK if correct else VERMILION, labelpad=3)
