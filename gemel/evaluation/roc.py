"""The ROC curve of genuine and impostor scores, and the figures read off it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Roc:
    """False accepts against true accepts at every threshold; a pair is accepted where ``score >= threshold``.

    Attributes:
        thresholds: (T,) descending: infinity (nothing is accepted), then every distinct score.
        far: (T,) false accept rate, the share of impostor pairs accepted; from 0 to 1.
        tar: (T,) true accept rate, the share of genuine pairs accepted; from 0 to 1.
    """

    thresholds: np.ndarray
    far: np.ndarray
    tar: np.ndarray

    @property
    def frr(self) -> np.ndarray:
        """False reject rate, ``1 - tar``: (T,)."""
        return 1 - self.tar


@dataclass(frozen=True)
class RankedPairs:
    """Pairs sorted by score, once for many weightings.

    Attributes:
        order: (P,) the pairs, highest score first.
        ends: (D,) the last position of each distinct score in that order: tied pairs are accepted together.
        thresholds: (D,) the distinct scores, descending.
        same: (P,) in that order, 1 for a genuine pair.
    """

    order: np.ndarray
    ends: np.ndarray
    thresholds: np.ndarray
    same: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, same: np.ndarray) -> RankedPairs:
        """Return the pairs ranked: scores (P,), same (P,) in {0, 1}."""
        order = np.argsort(-scores, kind="stable")
        descending = scores[order]
        ends = np.append(np.flatnonzero(np.diff(descending)), len(scores) - 1)
        return cls(order, ends, descending[ends], same[order].astype(np.float64))

    def roc(self, weights: np.ndarray | None = None) -> Roc:
        """Return the curve, with pair weights (P,) if any; NaN where the genuine or the impostor weights sum to 0."""
        ranked = np.ones(len(self.order)) if weights is None else weights[self.order]
        rates = [self.accepted(ranked * self.same), self.accepted(ranked * (1 - self.same))]
        return Roc(np.append(np.inf, self.thresholds), far=rates[1], tar=rates[0])

    def accepted(self, ranked: np.ndarray) -> np.ndarray:
        """Return the share of the weight at or above each threshold, 0 first: (P,) -> (D + 1,)."""
        total = np.append(0.0, np.cumsum(ranked)[self.ends])
        return total / total[-1] if total[-1] else np.full(len(total), np.nan)


def roc(scores: np.ndarray, same: np.ndarray) -> Roc:
    """Return the ROC curve: scores (P,), same (P,) in {0, 1}, with at least one pair of each kind."""
    return RankedPairs.of(np.asarray(scores, dtype=np.float64), np.asarray(same)).roc()


def area_under(curve: Roc) -> float:
    """Return the AUC: the chance that a genuine pair outscores an impostor pair, ties counting half."""
    return float(np.trapezoid(curve.tar, curve.far))


def equal_error_rate(curve: Roc) -> float:
    """Return the EER: the rate at which FAR and FRR are equal, linearly between the two thresholds around it."""
    excess = curve.far - curve.frr  # rises from -1 to 1
    if np.isnan(excess).any():
        return float("nan")
    above = int(np.argmax(excess >= 0))
    share = -excess[above - 1] / (excess[above] - excess[above - 1])
    return float(curve.far[above - 1] + share * (curve.far[above] - curve.far[above - 1]))


def index_at_far(curve: Roc, far: float) -> int:
    """Return the position of the lowest threshold whose FAR is at most ``far``."""
    return int(np.searchsorted(curve.far, far * (1 + 1e-9), side="right")) - 1


def tar_at_far(curve: Roc, far: float) -> float:
    """Return the highest TAR that a threshold with FAR at most ``far`` reaches; no interpolation flatters it."""
    return float(curve.tar[index_at_far(curve, far)])


def accuracy_at(curve: Roc, threshold: float) -> float:
    """Return ``1 - (FAR + FRR) / 2`` at a threshold: the accuracy on as many genuine as impostor pairs."""
    index = int(np.searchsorted(-curve.thresholds, -threshold, side="right")) - 1
    return float(1 - (curve.far[index] + curve.frr[index]) / 2)


def best_accuracy(curve: Roc) -> tuple[float, float]:
    """Return the highest balanced accuracy and its threshold.

    A threshold chosen on the pairs that it is judged on flatters; report ``accuracy_at`` one that was frozen before.
    """
    accuracies = 1 - (curve.far + curve.frr) / 2
    best = int(np.argmax(accuracies))
    return float(accuracies[best]), float(curve.thresholds[best])
