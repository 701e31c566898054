"""Where to draw the line, told by the gallery's own references."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gemel.errors import DataError
from gemel.evaluation.intervals import Estimate
from gemel.evaluation.thresholds import threshold_reached_by
from gemel.evaluation.verification import too_few_pairs
from gemel.gallery.collection import Collection
from gemel.gallery.held import Held
from gemel.gallery.listing import known_class
from gemel.gallery.settings import THRESHOLD, put, setting
from gemel.gallery.trials import Trials, trials_of


@dataclass(frozen=True)
class Point:
    """A threshold, and what it does in the gallery.

    Attributes:
        threshold: an item is of a class where ``score >= threshold``.
        far: share of references that it would let into another class.
        frr: share of references that it would keep out of their own, had they not been enrolled; None where no class
            has two.
        genuine, impostor: trials behind these shares.
        too_few_pairs: fewer than ten of the impostor trials, or none, would have been let in: the FAR is a guess.
    """

    threshold: float
    far: Estimate
    frr: Estimate | None
    genuine: int
    impostor: int
    too_few_pairs: bool

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        rates = {"far": self.far.to_json(), "frr": self.frr and self.frr.to_json()}
        counts = {"genuine": self.genuine, "impostor": self.impostor, "too_few_pairs": self.too_few_pairs}
        return {"threshold": self.threshold, **rates, **counts}


@dataclass(frozen=True)
class Histograms:
    """How many trials score what: ``edges`` (B + 1,) ascending, counts (B,) between them."""

    edges: tuple[float, ...]
    genuine: tuple[int, ...]
    impostor: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {"edges": list(self.edges), "genuine": list(self.genuine), "impostor": list(self.impostor)}


class Thresholds:
    """A gallery's thresholds: what each would do, and which are set.

    What it would do is told by the gallery itself: every reference is held against its own class without it (a genuine
    trial) and against the others (impostor trials), as ``verify`` does. Of a large gallery, 2000 references are held
    against 256 classes.

    Args:
        gallery: whose they are.
    """

    def __init__(self, gallery: Collection) -> None:
        self.gallery = gallery
        self._known: tuple[Held, Trials] | None = None

    def trials(self, label: str | None = None) -> Trials:
        """Return the gallery's trials, or those against one class.

        Raises:
            DataError: there is no such class, or nothing is enrolled.
        """
        held, learner = self.gallery.held(), self.gallery.model.learner
        if label is not None:
            return trials_of(learner, held, self._number(label))
        if self._known is None or self._known[0] is not held:
            self._known = held, trials_of(learner, held)
        return self._known[1]

    def at(self, far: float, label: str | None = None) -> Point:
        """Return the lowest threshold whose FAR in the gallery is at most ``far``.

        Args:
            far: in (0, 1).
            label: a class, for trials against it alone.

        Raises:
            DataError: the gallery has fewer than ``10 / far`` impostor trials, which tell no such rate; or ``far`` is
                out of range; or there is no such class.
        """
        if not 0 < far < 1:
            raise DataError(f"A false accept rate of {far} is asked for; a number between 0 and 1 is expected.")
        impostor = self.trials(label).impostor
        if too_few_pairs(far, len(impostor)):
            where = "the gallery" if label is None else f"class '{label}'"
            raise DataError(
                f"A false accept rate of {far} needs {math.ceil(10 / far - 1e-6)} impostor trials, and {where} has "
                f"{len(impostor)}; enrol more references and classes, or ask for a higher rate."
            )
        return self.point(threshold_reached_by(impostor, far), label)

    def point(self, threshold: float, label: str | None = None) -> Point:
        """Return what a threshold does in the gallery, or for one class.

        Raises:
            DataError: there is no impostor trial, since fewer than two classes are enrolled; or no such class.
        """
        trials = self.trials(label)
        genuine, impostor = len(trials.genuine), len(trials.impostor)
        if not impostor:
            raise DataError("The gallery has one class, which tells no false accept rate; enrol another.")
        far, frr = trials.far(threshold), trials.frr(threshold) if genuine else None
        return Point(threshold, far, frr, genuine, impostor, too_few_pairs(far.value, impostor))

    def histograms(self, bars: int = 40, label: str | None = None) -> Histograms:
        """Return how the trials' scores are spread, over ``bars`` steps of one width.

        Raises:
            DataError: there is no such class, or nothing is enrolled, or no two references.
        """
        trials = self.trials(label)
        if not len(trials.scores):
            raise DataError("The gallery has one reference, which compares with nothing; enrol another.")
        edges = np.histogram_bin_edges(trials.scores, bars)
        counts = [tuple(np.histogram(part, edges)[0].tolist()) for part in (trials.genuine, trials.impostor)]
        return Histograms(tuple(edges.tolist()), *counts)

    def set(self, threshold: float | None, label: str | None = None) -> None:
        """Set the threshold of the gallery, or of one class, from the next question on; None takes it back.

        Raises:
            DataError: it is no finite number, or there is no such class.
        """
        if threshold is not None and not math.isfinite(threshold):
            raise DataError(f"The threshold is {threshold}; a finite number is expected.")
        with self.gallery.store.writing(arranging=False) as session:
            if label is None:
                put(session, THRESHOLD, threshold)
            else:
                known_class(session, label).threshold = threshold

    def of(self, label: str | None = None) -> float | None:
        """Return the threshold set for a class, or else for the gallery; None where neither was.

        Raises:
            DataError: there is no such class.
        """
        with self.gallery.store.reading() as session:
            own = None if label is None else known_class(session, label).threshold
            return setting(session, THRESHOLD) if own is None else own

    def _number(self, label: str) -> int:
        with self.gallery.store.reading() as session:
            return known_class(session, label).id
