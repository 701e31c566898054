"""Figures with their 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from gemel.errors import DataError
from gemel.randomness import numpy_generator

#: The standard normal's 97.5 % point.
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A rate, as a fraction, with its 95 % interval; printed as ``97.2 % ± 0.3``, or ``99.9 % (99.5 to 100.0)``."""

    value: float
    ci95: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Return ``{"value", "ci95": [lo, hi]}``."""
        return {"value": self.value, "ci95": list(self.ci95)}

    def __str__(self) -> str:
        low, value, high = (100 * part for part in (self.ci95[0], self.value, self.ci95[1]))
        digits = 2 if 0 < high - low < 0.1 else 1
        if f"{value - low:.{digits}f}" == f"{high - value:.{digits}f}":
            return f"{value:.{digits}f} % ± {high - value:.{digits}f}"
        return f"{value:.{digits}f} % ({low:.{digits}f} to {high:.{digits}f})"


def mean_rate(rates: np.ndarray) -> Estimate:
    """Return the mean of one rate an episode, (E,) in [0, 1], with Student's interval ``mean ± t s / sqrt(E)``.

    The interval tells how well the episodes are averaged over these classes, as the field reports it; it does not tell
    how another set of classes would do. It is cut at 0 and 1.

    Raises:
        DataError: fewer than two episodes.
    """
    value, half = student(rates)
    return Estimate(value, (max(value - half, 0.0), min(value + half, 1.0)))


def mean_difference(rates: np.ndarray, others: np.ndarray) -> Estimate:
    """Return the mean of ``rates - others``, (E,) each of the very same episodes, with Student's interval.

    What makes an episode easy or hard makes it so for both, so that the interval is narrower than those of the means.

    Raises:
        DataError: fewer than two episodes, or not as many of both.
    """
    if rates.shape != others.shape:
        raise DataError(f"{len(rates)} and {len(others)} episodes have no paired difference; the same are expected.")
    value, half = student(rates - others)
    return Estimate(value, (value - half, value + half))


def student(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and half the width of Student's 95 % interval for it, ``t s / sqrt(E)``: (E,)."""
    if len(values) < 2:
        raise DataError(f"{len(values)} episodes have no interval; ask for at least 2.")
    half = stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / math.sqrt(len(values))
    return float(np.mean(values)), float(half)


def counted_rate(count: int, trials: int) -> Estimate:
    """Return ``count / trials`` with Wilson's score interval (1927), which stays honest near 0 and 1.

    Raises:
        DataError: no trials, or a count outside 0 ... trials.
    """
    if trials < 1 or not 0 <= count <= trials:
        raise DataError(
            f"{count} of {trials} is no rate; at least one trial, and a count from 0 to the trials, is expected."
        )
    rate, square = count / trials, Z95**2
    centre = (rate + square / (2 * trials)) / (1 + square / trials)
    half = Z95 / (1 + square / trials) * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    return Estimate(rate, (min(max(centre - half, 0.0), rate), max(min(centre + half, 1.0), rate)))


def class_bootstrap(
    statistics: Callable[[np.ndarray], np.ndarray], classes: int, seed: int, resamples: int = 400
) -> tuple[Estimate, ...]:
    """Return each statistic with its percentile interval over resampled *classes* (Efron 1979).

    Items of one class, and pairs that share one, hang together, so that classes are what is drawn anew. A statistic
    that comes out the same in every resample, such as an error of 0, gets an interval of no width. Where no resample
    but the classes themselves defines the statistics, as with pairs of two classes, nothing is known: 0 to 1.

    Args:
        statistics: class multiplicities (classes,) -> (M,) figures in [0, 1], NaN where a resample does not define one
            (where it holds no impostor pair, say); such a resample is left out. All ones give the estimates themselves.
        classes: how many there are.
        seed: of the resampling.
        resamples: how many.

    Raises:
        DataError: fewer than two classes, or no resample that defines the statistics.
    """
    if classes < 2:
        raise DataError(f"{classes} class has no interval over classes; at least 2 are needed.")
    drawn = numpy_generator(seed, "class bootstrap").multinomial(classes, np.full(classes, 1 / classes), size=resamples)
    samples = np.stack([statistics(weights.astype(np.float64)) for weights in drawn])  # (resamples, M)
    defined = ~np.isnan(samples).any(1)
    samples = samples[defined]
    if not len(samples):
        raise DataError(f"{classes} classes are too few for an interval; evaluate on more.")
    values = statistics(np.ones(classes))
    lows, highs = np.percentile(samples, (2.5, 97.5), axis=0)
    if (drawn[defined] == 1).all():
        lows, highs = np.zeros_like(values), np.ones_like(values)
    return tuple(
        Estimate(float(value), (min(float(low), float(value)), max(float(high), float(value))))
        for value, low, high in zip(values, lows, highs, strict=True)
    )
