"""Open-set identification: which of the enrolled classes is it, or none of them?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.special import log_softmax, logsumexp, softmax
from torch import Tensor

from gemel.errors import DataError, RecipeError
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.checks import checked_labels
from gemel.evaluation.episode_indices import sample_episodes
from gemel.evaluation.intervals import Estimate, mean_rate
from gemel.similarity import ClassScorer


def posterior(log_odds: np.ndarray, unknown_prior: float = 0.5) -> np.ndarray:
    """Return the probability of each of N classes, and last of "unknown": (Q, N) -> (Q, N + 1), rows summing to 1.

    With the log likelihood ratio l_i of "of class i" against "of another class", and the prior u of unknown:

        p_i = (1 - u)/N e^{l_i} / (sum_j (1 - u)/N e^{l_j} + u),    p_unknown = u / (the same).

    An item is unknown where that is the largest. No matter how many classes are enrolled, u stays the prior.

    Raises:
        RecipeError: ``unknown_prior`` is not in (0, 1).
        DataError: no class is enrolled.
    """
    if not 0 < unknown_prior < 1:
        raise RecipeError(f"The prior of unknown is {unknown_prior}; a number between 0 and 1 is expected.")
    classes = log_odds.shape[-1]
    if not classes:
        raise DataError("No class is enrolled, so that nothing can be identified; enrol one.")
    known = log_odds + math.log((1 - unknown_prior) / classes)
    unknown = np.full((*log_odds.shape[:-1], 1), math.log(unknown_prior))
    probabilities: np.ndarray = softmax(np.concatenate([known, unknown], axis=-1), axis=-1)
    return probabilities


def turning_odds(classes: int, unknown_prior: float = 0.5) -> float:
    """Return the log likelihood ratio from which a class is more probable than "unknown": ``ln(u N / (1 - u))``."""
    return math.log(classes * unknown_prior / (1 - unknown_prior))


def class_log_odds(
    scorer: ClassScorer, calibration: Calibration, query: Tensor, support: Tensor, labels: Tensor, classes: int
) -> np.ndarray:
    """Return the log likelihood ratio l of each query's being of each class: (..., Q, D) -> (..., Q, classes).

    See ``log_odds_of``.
    """
    likeness = scorer.likeness(query, support, labels, classes)
    if scorer.softmax_scale is None:
        return log_odds_of(calibration, likeness)
    return log_odds_of(
        calibration, likeness, scorer.softmax_scale * scorer.class_scores(query, support, labels, classes)
    )


def log_odds_of(calibration: Calibration, likeness: Tensor, logits: Tensor | None = None) -> np.ndarray:
    """Return the log likelihood ratio l from likenesses to the classes, the calibration's: (..., Q, N) -> (..., Q, N).

    Where a method's class scores only tell the support's classes from each other (``ClassScorer.softmax_scale``), the
    likeness says how probably it is one of them, and their softmax of which:

        l_i = logsumexp_j l'_j + log softmax_i(logits),    with l' of the likeness.
    """
    known = calibration.log_odds(likeness.cpu().numpy())
    if logits is None:
        return known
    shares = log_softmax(logits.cpu().numpy(), axis=-1)
    odds: np.ndarray = logsumexp(known, axis=-1, keepdims=True) + shares
    return odds


@dataclass(frozen=True)
class OpenSetResult:
    """How the rule fares when half the queries are of enrolled classes and half of others.

    Attributes:
        correct: enrolled queries given their own label.
        wrong: enrolled queries given another's label.
        false_unknown: enrolled queries called unknown; with the two above, 1.
        false_accept: other queries given a label.
    """

    ways: int
    shots: int
    queries: int
    episodes: int
    seed: int
    unknown_prior: float
    correct: Estimate
    wrong: Estimate
    false_unknown: Estimate
    false_accept: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the result as the command line prints it."""
        settings = {
            name: getattr(self, name) for name in ("ways", "shots", "queries", "episodes", "seed", "unknown_prior")
        }
        rates = {name: getattr(self, name).to_json() for name in ("correct", "wrong", "false_unknown", "false_accept")}
        return {"protocol": "open-set", **settings, **rates}

    def __str__(self) -> str:
        return (
            f"{self.ways}-way {self.shots}-shot identification: correct {self.correct}, wrong {self.wrong}, "
            f"taken for unknown {self.false_unknown}; unknown given a label {self.false_accept}"
        )


def open_set(
    embeddings: Tensor,
    labels: np.ndarray | Tensor,
    scorer: ClassScorer,
    calibration: Calibration,
    ways: int = 5,
    shots: int = 1,
    queries: int = 1,
    episodes: int = 1000,
    seed: int = 0,
    unknown_prior: float = 0.5,
    item_groups: np.ndarray | None = None,
) -> OpenSetResult:
    """Return the rates of the unknown rule over episodes of ``ways`` enrolled classes and as many others.

    A query's log odds for a class are those of ``class_log_odds``.

    Args:
        embeddings: (M, D), finite.
        labels: (M,) class numbers.
        scorer: a similarity, or a learner.
        calibration: fitted on other classes.
        ways, shots, queries: N enrolled classes of K support items; Q queries of each and of each of N others.
        episodes, seed: how many, and of their drawing.
        unknown_prior: u of ``posterior``.
        item_groups: see ``sample_episodes``.

    Raises:
        DataError: there are fewer than 2N classes with enough items.
    """
    numbers = checked_labels(embeddings, labels)
    support, query = sample_episodes(numbers, 2 * ways, shots, queries, episodes, seed, item_groups=item_groups)
    flat = torch.from_numpy(query.reshape(episodes, -1))  # (E, 2*N*Q), the enrolled classes' queries first
    enrolled_items = torch.from_numpy(support[:, :ways].reshape(episodes, -1))  # (E, N*K)
    places = torch.arange(ways, device=embeddings.device).repeat_interleave(shots)
    with torch.no_grad():
        odds = class_log_odds(scorer, calibration, embeddings[flat], embeddings[enrolled_items], places, ways)
    given = posterior(odds, unknown_prior).argmax(-1)  # (E, 2*N*Q), ``ways`` for unknown
    enrolled, others = given[:, : ways * queries], given[:, ways * queries :]
    truth = np.repeat(np.arange(ways), queries)
    correct, unknown = enrolled == truth, enrolled == ways
    rates = [mean_rate(part.mean(1)) for part in (correct, ~correct & ~unknown, unknown, others != ways)]
    return OpenSetResult(ways, shots, queries, episodes, seed, unknown_prior, *rates)
