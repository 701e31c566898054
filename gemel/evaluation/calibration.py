"""A score -> the probability that a pair is of one class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import expit
from torch import Tensor

from gemel.errors import ModelError
from gemel.evaluation.checks import checked_scores
from gemel.evaluation.saved import checked_fields, checked_numbers, rises
from gemel.evaluation.score_table import ScoreTable

#: Knots at so many quantiles of the genuine scores, and as many of the impostor scores.
QUANTILES = 6
#: Weight of the squared differences between neighbouring steps, against the mean log loss.
ROUGHNESS = 1e-3
#: The least that the log odds rise from knot to knot, so that a higher score is never less probable.
LEAST_STEP = 1e-6
#: How near their bounds log odds are still told apart.
EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Log odds that rise with the score, and the validation scores' distributions.

    The log odds are those of "one class" against "two classes" where both are equally likely beforehand (prior ½), so
    that they are a log likelihood ratio. They are linear between knots, go on straight beyond the ends, and bend
    smoothly below ``ln(I + 1)`` and above ``-ln(G + 1)``: G genuine and I impostor validation pairs support no more.
    On embeddings of Omniglot, classes disjoint, the held-out log loss was below a plain logistic's (Platt) for each of
    five similarities from 400 pairs on: 0.523 against 0.527 for cosine, 0.624 against 0.692 for exp(-L1).

    Attributes:
        knots: scores, ascending.
        levels: the log odds at them before they are bounded, ascending.
        genuine, impostor: the validation scores of pairs of one class, and of two.
    """

    knots: tuple[float, ...]
    levels: tuple[float, ...]
    genuine: ScoreTable
    impostor: ScoreTable

    @classmethod
    def fit(cls, genuine: np.ndarray | Tensor, impostor: np.ndarray | Tensor) -> Self:
        """Return the calibration fitted to validation scores: (G,) of pairs of one class, (I,) of pairs of two.

        Both kinds weigh the same, whatever their numbers; targets are Platt's (1999), which a perfect separation cannot
        drive to infinity.

        Raises:
            DataError: one kind is missing, or a score is not finite.
        """
        genuine, impostor = checked_scores(genuine, "genuine"), checked_scores(impostor, "impostor")
        knots = chosen_knots(genuine, impostor)
        levels = fitted_levels(knots, genuine, impostor)
        return cls(tuple(knots.tolist()), tuple(levels.tolist()), ScoreTable.of(genuine), ScoreTable.of(impostor))

    def log_odds(self, score: np.ndarray | float) -> np.ndarray:
        """Return the log odds, rising with the score and within ``(-ln(G + 1), ln(I + 1))``: any shape -> the same."""
        raw = piecewise_linear(np.asarray(score, dtype=np.float64), np.array(self.knots), np.array(self.levels))
        return softly_bounded(raw, -math.log(self.genuine.pairs + 1), math.log(self.impostor.pairs + 1))

    def score_at(self, log_odds: float) -> float:
        """Return the score whose log odds these are, the inverse of ``log_odds``; beyond the bounds, that next to them.

        Finite, then, whatever is asked; a score next to the upper bound may be more than any pair reaches.
        """
        low, high = -math.log(self.genuine.pairs + 1), math.log(self.impostor.pairs + 1)
        raw = unbounded(min(max(log_odds, low + EDGE), high - EDGE), low, high)
        return float(piecewise_linear(np.asarray(raw), np.array(self.levels), np.array(self.knots)))

    def probability(self, score: np.ndarray | float) -> np.ndarray:
        """Return the probability of one class at prior ½, rising with the score: any shape -> the same, in (0, 1)."""
        return np.asarray(expit(self.log_odds(score)))

    def far(self, threshold: float) -> float:
        """Return the share of the validation's impostor pairs with ``score >= threshold``."""
        return self.impostor.share_reaching(threshold)

    def frr(self, threshold: float) -> float:
        """Return the share of the validation's genuine pairs with ``score < threshold``."""
        return 1 - self.genuine.share_reaching(threshold)

    def threshold_at_far(self, far: float) -> float:
        """Return a threshold whose FAR on the validation's impostor pairs is at most ``far``."""
        return self.impostor.threshold_reached_by(far)

    def to_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads: ``{"knots", "levels", "genuine", "impostor"}``."""
        return {
            "knots": list(self.knots),
            "levels": list(self.levels),
            "genuine": self.genuine.to_json(),
            "impostor": self.impostor.to_json(),
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return the calibration that ``to_json`` wrote.

        Raises:
            ModelError: it is not one.
        """
        fields = checked_fields(data, "calibration", {"knots", "levels", "genuine", "impostor"})
        knots, levels = checked_numbers(fields["knots"]), checked_numbers(fields["levels"])
        if not (2 <= len(knots) == len(levels) and rises(knots) and rises(levels)):
            raise ModelError("The model's calibration is damaged (knots and levels must both rise); calibrate again.")
        return cls(knots, levels, ScoreTable.from_json(fields["genuine"]), ScoreTable.from_json(fields["impostor"]))


def softly_bounded(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return values that stay as they are well within (low, high) and bend smoothly towards its ends: any shape.

    ``low + softplus(x - low) - softplus(x - high)``, which rises everywhere (to rounding); where x is above the middle,
    the same sum is counted from the upper end, so that large values do not cancel.
    """
    upper = values > (low + high) / 2
    from_end = np.where(upper, high - values, values - low)
    share = np.logaddexp(0, from_end) - np.logaddexp(0, from_end - (high - low))
    bounded: np.ndarray = np.clip(np.where(upper, high - share, low + share), low, high)
    return bounded


def unbounded(value: float, low: float, high: float) -> float:
    """Return what ``softly_bounded`` maps to a value in (low, high): ``low + ln((e^t - 1) / (1 - e^(t - w)))``.

    t is the value's distance from low, and w = high - low; where t is large, ``e^t - 1`` is taken as e^t (1 - e^-t).
    """
    above = value - low
    return value + math.log(-math.expm1(-above)) - math.log(-math.expm1(value - high))


def piecewise_linear(scores: np.ndarray, knots: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the line through (knots, levels) (K,), continued straight beyond both ends: any shape -> the same."""
    segment = np.clip(np.searchsorted(knots, scores) - 1, 0, len(knots) - 2)
    share = (scores - knots[segment]) / (knots[segment + 1] - knots[segment])
    values: np.ndarray = levels[segment] + share * (levels[segment + 1] - levels[segment])
    return values


def chosen_knots(genuine: np.ndarray, impostor: np.ndarray) -> np.ndarray:
    """Return quantiles of both kinds of scores, ascending and distinct, at least two: (G,), (I,) -> (K,)."""
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    knots = np.unique(np.concatenate([np.quantile(genuine, levels), np.quantile(impostor, levels)]))
    apart = np.append(True, np.diff(knots) > 1e-6 * (knots[-1] - knots[0]))
    return knots[apart] if len(knots) > 1 else np.array([knots[0] - 0.5, knots[0] + 0.5])


def fitted_levels(knots: np.ndarray, genuine: np.ndarray, impostor: np.ndarray) -> np.ndarray:
    """Return the rising log odds at the knots that minimise the balanced log loss plus their roughness: (K,)."""
    from scipy.optimize import minimize  # here, since all who only load a model would wait half a second for it

    scores = np.concatenate([genuine, impostor])
    kinds = [len(genuine), len(impostor)]
    targets = np.repeat([(kinds[0] + 1) / (kinds[0] + 2), 1 / (kinds[1] + 2)], kinds)
    weights = np.repeat([0.5 / kinds[0], 0.5 / kinds[1]], kinds)
    unit = np.tri(len(knots))  # column k: the levels where step k alone is 1
    design = np.stack([piecewise_linear(scores, knots, column) for column in unit.T], axis=1)  # (P, K)

    def objective(steps: np.ndarray) -> tuple[float, np.ndarray]:
        logits, bends = design @ steps, np.diff(steps[1:])
        loss = weights @ (np.logaddexp(0, logits) - targets * logits) + ROUGHNESS * bends @ bends
        gradient = design.T @ (weights * (expit(logits) - targets))
        gradient[1:] += 2 * ROUGHNESS * (np.append(0, bends) - np.append(bends, 0))
        return float(loss), gradient

    start = np.append(0.0, np.ones(len(knots) - 1))
    bounds = [(None, None)] + [(LEAST_STEP, None)] * (len(knots) - 1)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 1000})
    return np.cumsum(found.x)
