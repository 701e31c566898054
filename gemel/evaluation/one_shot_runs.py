"""Omniglot's official one-shot classification runs (Lake et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.evaluation.checks import checked_labels
from gemel.evaluation.intervals import Estimate, counted_rate
from gemel.similarity import ClassScorer


@dataclass(frozen=True)
class OneShotRun:
    """One run: which of N ``support`` items (N, D) is each ``test`` item (T, D) of? ``truth`` (T,) says."""

    support: Tensor
    test: Tensor
    truth: np.ndarray | Tensor


@dataclass(frozen=True)
class OneShotRunsResult:
    """The error over all trials, with Wilson's interval, and each run's errors."""

    error: Estimate
    errors: int
    trials: int
    per_run: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as the command line prints it; ``error`` is a fraction, ``per_run`` counts errors."""
        return {
            "protocol": "one-shot-runs",
            "error": self.error.value,
            "ci95": list(self.error.ci95),
            "errors": self.errors,
            "trials": self.trials,
            "per_run": list(self.per_run),
        }

    def __str__(self) -> str:
        return f"one-shot runs: error {self.error} ({self.errors} of {self.trials})"


def errors_of(run: OneShotRun, scorer: ClassScorer) -> int:
    """Return how many test items score highest with a support item that is not the true one."""
    truth = torch.from_numpy(checked_labels(run.test, run.truth))
    checked_labels(run.support, np.arange(len(run.support)))
    if len(truth) and not 0 <= int(truth.min()) <= int(truth.max()) < len(run.support):
        raise DataError(f"A true position is {int(truth.max())}; one of 0 ... {len(run.support) - 1} is expected.")
    places = torch.arange(len(run.support))
    return int((scorer.class_scores(run.test, run.support, places, len(places)).argmax(-1).cpu() != truth).sum())


def one_shot_runs(runs: Sequence[OneShotRun], scorer: ClassScorer) -> OneShotRunsResult:
    """Return the one-shot error over the runs: each test item goes to the support item that it scores highest with.

    Raises:
        DataError: there are no trials, or a run's arrays do not fit each other.
    """
    with torch.no_grad():
        per_run = tuple(errors_of(run, scorer) for run in runs)
    errors, trials = sum(per_run), sum(len(run.test) for run in runs)
    return OneShotRunsResult(counted_rate(errors, trials), errors, trials, per_run)
