"""One trial of one-shot classification: which of these is it?"""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from gemel.errors import DataError
from gemel.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    SMALL,
    TEXT,
    VERMILION,
    frame,
    new_figure,
    show_item,
    two_digits,
)


def one_shot_trial(query: np.ndarray, support: np.ndarray, scores: np.ndarray, truth: int, what: str) -> Figure:
    """Return the query beside one item of each class, the chosen one framed; and where that is wrong, the true one.

    Args:
        query: uint8 (C, H, W).
        support: uint8 (N, C, H, W), one item a class.
        scores: (N,) of the query with each; the highest is chosen.
        truth: position of the true one in 0 ... N-1.
        what: the items, for the title.

    Raises:
        DataError: there is no support item, or no such position.
    """
    if not 0 <= truth < len(support):
        raise DataError(f"The true one is {truth} of {len(support)} support items; one of them is expected.")
    chosen, columns = int(np.argmax(scores)), min(5, len(support))
    rows = math.ceil(len(support) / columns)
    figure = new_figure(
        1.0 + max(rows, 2) * (1.05 * support.shape[2] / support.shape[3] + 0.25),
        f"Which of the {len(support)} is it? One-shot, {what}",
        f"One example of each class; the highest score is chosen: {'right' if chosen == truth else 'wrong'} here.",
    )
    left, right = np.asarray(figure.subfigures(1, 2, width_ratios=(1, 0.62 * columns)))
    axes = left.subplots()
    show_item(axes, query)
    frame(axes, INK, 1.5)
    axes.set_title("query", size=TEXT, color=INK)
    grid = np.atleast_1d(right.subplots(rows, columns)).ravel()
    for number, cell in enumerate(grid):
        if number >= len(support):
            cell.set_axis_off()
            continue
        show_item(cell, support[number])
        note, colour, width = two_digits(scores[number]), FAINT, 1.0
        if number == truth and number != chosen:
            note, colour, width = f"{note} true one", INK, 2.0
        if number == chosen:
            right_call = chosen == truth
            note, colour, width = f"{'✓' if right_call else '✗'} {note}", BLUE if right_call else VERMILION, 3.0
        frame(cell, colour, width)
        cell.set_xlabel(note, size=SMALL, color=MUTED if colour == FAINT else colour, labelpad=2)
    return figure
