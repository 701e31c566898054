"""A gallery's own references held against its own classes, each as if it had not been enrolled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gemel.evaluation.intervals import Estimate, class_bootstrap, counted_rate
from gemel.evaluation.roc import Roc, roc
from gemel.evaluation.verification import pair_weights
from gemel.gallery.held import Held
from gemel.randomness import numpy_generator
from gemel.similarity import ClassScorer

#: Items scored at once, and numbers of their classes' references gathered at once: 64 MiB of float32.
BATCH, CHUNK = 256, 2**24

#: Of a larger gallery, so many references are held against so many classes.
MOST_ITEMS, MOST_CLASSES = 2000, 256


@dataclass(frozen=True, eq=False)
class Trials:
    """Likenesses of references to classes.

    Attributes:
        scores: (P,) on the scale of pairs' scores.
        asked: (P,) the references' classes.
        against: (P,) the classes that they are held against; where it is its own, the reference is left out of it.
    """

    scores: np.ndarray
    asked: np.ndarray
    against: np.ndarray

    @property
    def same(self) -> np.ndarray:
        """(P,) whether the reference is of the class."""
        return self.asked == self.against

    @property
    def genuine(self) -> np.ndarray:
        """(G,) the scores with the own class."""
        return self.scores[self.same]

    @property
    def impostor(self) -> np.ndarray:
        """(I,) the scores with others."""
        return self.scores[~self.same]

    @property
    def curve(self) -> Roc:
        """The ROC curve; there must be trials of both kinds."""
        return roc(self.scores, self.same)

    def far(self, threshold: float) -> Estimate:
        """Return the share of impostor trials with ``score >= threshold``; there must be one."""
        return rate_of(self.scores >= threshold, ~self.same, self.asked, self.against)

    def frr(self, threshold: float) -> Estimate:
        """Return the share of genuine trials with ``score < threshold``; there must be one."""
        return rate_of(self.scores < threshold, self.same, self.asked, self.against)


def rate_of(hits: np.ndarray, counted: np.ndarray, asked: np.ndarray, against: np.ndarray) -> Estimate:
    """Return the share of hits among the trials that are counted, (P,) all, with the wider of two 95 % intervals.

    They are Wilson's, which stays honest near 0 and 1 but takes trials for independent, and that over resampled
    classes, which knows that trials share references, but has no width at 0.
    """
    hits, classes = hits[counted], np.stack([asked[counted], against[counted]])
    rate = counted_rate(int(hits.sum()), len(hits))
    names, numbers = np.unique(classes, return_inverse=True)
    pairs, which = np.unique(numbers.reshape(2, -1), axis=1, return_inverse=True)  # (2, P')
    sums = np.stack([np.bincount(which, hits), np.bincount(which)])  # (2, P')

    def share(multiplicities: np.ndarray) -> np.ndarray:
        reached, total = sums @ pair_weights(multiplicities, pairs[0], pairs[1])
        return np.array([reached / total if total else np.nan])

    if len(names) < 2:
        return rate
    (resampled,) = class_bootstrap(share, len(names), seed=0)
    low, high = zip(rate.ci95, resampled.ci95, strict=True)
    return Estimate(rate.value, (min(low), max(high)))


def own_scores(scorer: ClassScorer, embeddings: Tensor, places: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return the likeness of references to their own classes without them; NaN where nothing is left of the class.

    Args:
        scorer: see ``ClassScorer``.
        embeddings: (S, D).
        places: (S,) their classes, 0 ... N-1.
        asked: (A,) which of them: positions; (A,) is returned.
    """
    scores = np.full(len(asked), np.nan)
    order, sizes = np.argsort(places, kind="stable"), np.bincount(places)
    starts = np.cumsum(sizes) - sizes
    size_of = sizes[places[asked]]
    for size in np.unique(size_of[size_of > 1]).tolist():
        chosen = np.flatnonzero(size_of == size)
        for some in np.array_split(chosen, 1 + len(chosen) * size * embeddings.shape[1] // CHUNK):
            own = order[starts[places[asked[some]]][:, None] + np.arange(size)]  # (T, K)
            others = own[own != asked[some, None]].reshape(-1, size - 1)
            task = (embeddings[asked[some], None], embeddings[others], torch.zeros(size - 1, dtype=torch.int64), 1)
            scores[some] = scorer.likeness(*task).flatten().numpy()
    return scores


def scores_against(scorer: ClassScorer, held: Held, asked: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the likeness of references at the positions ``asked`` (A,) to classes, by number, ascending: (A, C)."""
    support = held.support_of(classes)
    task = (support.embeddings, support.labels, len(classes))
    embeddings = torch.from_numpy(held.embeddings)
    parts = [scorer.likeness(embeddings[some], *task) for some in torch.split(torch.from_numpy(asked), BATCH)]
    return torch.cat(parts).numpy()


@torch.no_grad()
def trials_of(scorer: ClassScorer, held: Held, only: int | None = None) -> Trials:
    """Return the gallery's trials; of a large one those of some references, drawn at random, against some classes.

    Args:
        scorer: see ``ClassScorer``.
        held: the references, at least one.
        only: the number of the one class to hold them against.
    """
    classes = drawn(held.classes, MOST_CLASSES) if only is None else np.array([only])
    asked = drawn(np.arange(len(held)), MOST_ITEMS)
    if only is not None:
        asked = np.union1d(asked, drawn(np.flatnonzero(held.owners == only), MOST_ITEMS))
    owners = held.owners[asked]
    own = own_scores(scorer, torch.from_numpy(held.embeddings), held.places, asked)
    genuine = ~np.isnan(own) & (only is None or owners == only)
    others = scores_against(scorer, held, asked, classes)
    impostor = owners[:, None] != classes  # (A, C)
    return Trials(
        np.concatenate([own[genuine], others[impostor]]).astype(np.float64),
        np.concatenate([owners[genuine], np.broadcast_to(owners[:, None], impostor.shape)[impostor]]),
        np.concatenate([owners[genuine], np.broadcast_to(classes, impostor.shape)[impostor]]),
    )


def drawn(numbers: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of the numbers, drawn at random, in their order: (N,) -> (n,)."""
    if len(numbers) <= most:
        return numbers
    return np.sort(numpy_generator(0, "trials", len(numbers)).choice(numbers, most, replace=False))
