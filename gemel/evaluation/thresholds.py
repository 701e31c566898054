"""Thresholds chosen on validation classes, to be frozen: at the equal error rate and at fixed false accept rates."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from torch import Tensor

from gemel.errors import ModelError
from gemel.evaluation.checks import checked_scores
from gemel.evaluation.roc import roc
from gemel.evaluation.saved import checked_fields, checked_number
from gemel.evaluation.score_table import just_above
from gemel.evaluation.verification import FARS, too_few_pairs

#: Under so many genuine or impostor pairs an equal error rate is flagged.
FEWEST_FOR_EER = 100


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, the rates it reached on the validation pairs, and whether those were too few to tell.

    A pair is accepted where ``score >= threshold``.
    """

    threshold: float
    far: float
    frr: float
    too_few_pairs: bool

    def to_json(self) -> dict[str, Any]:
        """Return ``{"threshold", "far", "frr", "too_few_pairs"}``."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return the point that ``to_json`` wrote.

        Raises:
            ModelError: it is not such a point.
        """
        fields = checked_fields(data, "threshold", {"threshold", "far", "frr", "too_few_pairs"})
        threshold, far, frr = (checked_number(fields[name]) for name in ("threshold", "far", "frr"))
        if not (0 <= far <= 1 and 0 <= frr <= 1 and isinstance(fields["too_few_pairs"], bool)):
            raise ModelError(f"The model's threshold has FAR {far} and FRR {frr}; rates from 0 to 1 are expected.")
        return cls(threshold, far, frr, fields["too_few_pairs"])


def operating_point(threshold: float, genuine: np.ndarray, impostor: np.ndarray, too_few: bool) -> OperatingPoint:
    """Return the threshold with its FAR and FRR on these scores: (G,), (I,)."""
    return OperatingPoint(
        threshold, float((impostor >= threshold).mean()), float((genuine < threshold).mean()), too_few
    )


def threshold_reached_by(scores: np.ndarray, share: float) -> float:
    """Return a threshold that at most ``share`` of the scores (P,) reach: halfway between those that do and the next.

    It is just above the highest score where more than ``share`` have that one.
    """
    ascending = np.sort(scores)
    allowed = int(share * len(ascending) * (1 + 1e-9))
    if allowed >= len(ascending):
        return float(ascending[0])
    refused = float(ascending[-1 - allowed])
    accepted = ascending[ascending > refused]
    if not len(accepted):
        return just_above(refused)
    middle = (refused + float(accepted[0])) / 2
    return middle if middle > refused else float(accepted[0])


def point_at_eer(genuine: np.ndarray | Tensor, impostor: np.ndarray | Tensor) -> OperatingPoint:
    """Return the threshold where FAR and FRR are nearest, halfway to the next lower score.

    It is flagged where there are fewer than 100 pairs of a kind.

    Args:
        genuine: (G,) scores of pairs of one class.
        impostor: (I,) scores of pairs of two.

    Raises:
        DataError: one kind is missing, or a score is not finite.
    """
    genuine, impostor = checked_scores(genuine, "genuine"), checked_scores(impostor, "impostor")
    curve = roc(np.concatenate([genuine, impostor]), np.repeat([1, 0], [len(genuine), len(impostor)]))
    nearest = 1 + int(np.argmin(np.abs(curve.far - curve.frr)[1:]))  # the first accepts nothing
    below = curve.thresholds[min(nearest + 1, len(curve.thresholds) - 1)]
    threshold = float(curve.thresholds[nearest] + below) / 2
    return operating_point(threshold, genuine, impostor, min(len(genuine), len(impostor)) < FEWEST_FOR_EER)


def point_at_far(genuine: np.ndarray | Tensor, impostor: np.ndarray | Tensor, far: float) -> OperatingPoint:
    """Return a threshold with FAR at most ``far``; flagged where the impostor pairs are fewer than ``10 / far``.

    Args:
        genuine: (G,) scores of pairs of one class.
        impostor: (I,) scores of pairs of two.
        far: in (0, 1).

    Raises:
        DataError: one kind is missing, or a score is not finite.
    """
    genuine, impostor = checked_scores(genuine, "genuine"), checked_scores(impostor, "impostor")
    return operating_point(threshold_reached_by(impostor, far), genuine, impostor, too_few_pairs(far, len(impostor)))


def operating_points(genuine: np.ndarray | Tensor, impostor: np.ndarray | Tensor) -> dict[str, OperatingPoint]:
    """Return the points that a model keeps: ``"eer"``, ``"far_0.1"``, ``"far_0.01"``, ``"far_0.001"``."""
    at_far = {f"far_{far}": point_at_far(genuine, impostor, far) for far in FARS}
    return {"eer": point_at_eer(genuine, impostor), **at_far}
