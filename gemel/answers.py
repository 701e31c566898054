"""Class scores and probabilities -> an answer in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gemel.support import Support
from gemel.verdicts import Identification, Match


class Answer(NamedTuple):
    """What is said of one item: (N + 1,) the classes' and the unknown's probabilities, and the decision."""

    probabilities: np.ndarray
    score: float
    threshold: float | None
    known: bool


def named_answers(scores: np.ndarray, probabilities: np.ndarray) -> list[Answer]:
    """Return the answers where texts name the classes, (Q, N) both: nothing is unknown."""
    padded = np.pad(probabilities, ((0, 0), (0, 1)))
    return [Answer(odds, float(row.max()), None, True) for row, odds in zip(scores, padded, strict=True)]


def identification(
    name: str, scores: np.ndarray, answer: Answer, to_items: Tensor, support: Support, matches: int
) -> Identification:
    """Return one item's answer in words, from its class scores (N,) and its scores with the support (S,)."""
    order = np.argsort(-scores, kind="stable")[: max(matches, 1)]
    nearest = [int(to_items.masked_fill(support.labels != number, -torch.inf).argmax()) for number in order]
    listed = tuple(
        Match(
            support.classes[number],
            float(scores[number]),
            float(answer.probabilities[number]),
            support.names[reference],
            None if support.ids is None else support.ids[reference],
        )
        for number, reference in zip(order, nearest, strict=True)
    )
    label, which = (listed[0].label, order[0]) if answer.known else (None, -1)
    probability = float(answer.probabilities[which])
    decision = "match" if answer.known else "unknown"
    return Identification(name, label, probability, listed[:matches], answer.score, answer.threshold, decision)
