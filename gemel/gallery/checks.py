"""What may be wrong in a gallery: the same picture twice, and pictures in the wrong class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit
from sqlalchemy import select

from gemel.gallery.collection import Collection
from gemel.gallery.entries import Entry
from gemel.gallery.held import Held
from gemel.gallery.quality import duplicate_from
from gemel.gallery.tables import ReferenceRow
from gemel.gallery.trials import own_scores, scores_against

#: References nearest to one that are looked at: for duplicates, and for the classes that it may be of.
NEIGHBOURS, RIVALS = 6, 32

#: A gallery of no more classes has every reference held against all of them.
FEW_CLASSES = 64

#: References looked at between two notes of progress.
BATCH = 256

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Duplicate(Entry):
    """Two references that show all but the same.

    Attributes:
        first, second: their numbers, the lower one first.
        label, other: their classes.
        score: of the two.
        identical: whether the model saw the very same pixels.
    """

    first: int
    second: int
    label: str
    other: str
    score: float
    identical: bool


@dataclass(frozen=True)
class Outlier(Entry):
    """A reference that is more like another class than like its own.

    Attributes:
        reference: its number.
        label, score: its class, and its likeness to the others of it.
        other, other_score: the class that it is most like.
        probability: that it is of the other, if it is of one of the two, and both were equally likely.
    """

    reference: int
    label: str
    score: float
    other: str
    other_score: float
    probability: float


class Checks:
    """What may be wrong in a gallery.

    Args:
        gallery: what is looked through.
    """

    def __init__(self, gallery: Collection) -> None:
        self.gallery = gallery

    @torch.no_grad()
    def duplicates(self, progress: Progress = lambda done, total: None) -> list[Duplicate]:
        """Return pairs of the same pixels, or of a score that but 1 in 1000 genuine validation pairs reach.

        Pairs across classes come first, where one of the two is wrong; then higher scores. Of each reference, the six
        nearest are looked at. ``progress`` is called with (references done, references in all).
        """
        held, limit = self.gallery.mirror.held(), duplicate_from(self.gallery.model.calibration)
        pixels, told = self._pixels(held), set()
        for numbers, scores, near in self._nearest(held, NEIGHBOURS, progress):
            same = pixels[np.searchsorted(held.ids, near)] == pixels[np.searchsorted(held.ids, numbers)][:, None]
            close = ((scores >= limit) | same) & (near != numbers[:, None])
            for row, column in zip(*np.nonzero(close), strict=True):
                a, b = sorted((int(numbers[row]), int(near[row, column])))
                score, identical = float(scores[row, column]), bool(same[row, column])
                told.add(Duplicate(a, b, held.label_of(a), held.label_of(b), score, identical))
        return sorted(told, key=lambda each: (each.label == each.other, -each.score, each.first, each.second))

    @torch.no_grad()
    def outliers(self, progress: Progress = lambda done, total: None) -> list[Outlier]:
        """Return references that are more like another class than like their own without them, the surest first.

        A class of one reference has none, since it cannot be told without it. In a gallery of more than 64 classes, a
        reference is held against those of the 32 references nearest to it. ``progress`` as of ``duplicates``.
        """
        held = self.gallery.mirror.held()
        scorer, embeddings = self.gallery.model.learner, torch.from_numpy(held.embeddings)
        own = own_scores(scorer, embeddings, held.places, np.arange(len(held)))  # (S,)
        told = []
        for asked, classes in self._rivals(held, progress):
            likeness = scores_against(scorer, held, asked, classes).astype(np.float64)  # (A, C)
            likeness[held.owners[asked][:, None] == classes] = -np.inf
            best = likeness.argmax(1)
            for place, number, score in zip(asked, classes[best], likeness.max(1), strict=True):
                if score > own[place]:
                    told.append(self._outlier(held, place, own[place], number, score))
        return sorted(told, key=lambda each: (-each.probability, each.reference))

    def _outlier(self, held: Held, place: int, own: float, number: int, score: float) -> Outlier:
        """Return a reference at a place as an outlier that is more like the class of that number."""
        odds = self.gallery.model.calibration.log_odds(np.array([own, score]))
        label = held.labels[int(held.owners[place])]
        probability = float(expit(odds[1] - odds[0]))
        return Outlier(int(held.ids[place]), label, float(own), held.labels[int(number)], float(score), probability)

    def _rivals(self, held: Held, progress: Progress) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give places of references (A,), with the classes to hold them against, ascending (C,), two at least."""
        if len(held.classes) <= FEW_CLASSES:
            for start in range(0, len(held) if len(held.classes) > 1 else 0, BATCH):
                asked = np.arange(start, min(start + BATCH, len(held)))
                yield asked, held.classes
                progress(int(asked[-1]) + 1, len(held))
            return
        for numbers, _, near in self._nearest(held, RIVALS, progress):
            places = np.searchsorted(held.ids, numbers)
            for place, row in zip(places, near, strict=True):
                classes = np.union1d(held.owners[np.searchsorted(held.ids, row)], held.owners[place])
                if len(classes) > 1:
                    yield np.array([place]), classes

    def _nearest(
        self, held: Held, count: int, progress: Progress
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Give the numbers of references (A,), and the scores and the numbers of those nearest to each, (A, k) both."""
        for start in range(0, len(held), BATCH):
            rows = torch.from_numpy(held.embeddings[start : start + BATCH])
            _, scores, ids = self.gallery.mirror.nearest(rows, count)
            known = np.isin(ids.numpy(), held.ids)  # others came meanwhile
            near = np.where(known, ids.numpy(), held.ids[start : start + BATCH, None])
            yield held.ids[start : start + BATCH], np.where(known, scores.numpy(), -np.inf), near
            progress(min(start + BATCH, len(held)), len(held))

    def _pixels(self, held: Held) -> np.ndarray:
        """Return the digests of the pixels that the model saw, of all references: (S,)."""
        with self.gallery.store.reading() as session:
            digests: dict[int, str] = dict(session.execute(select(ReferenceRow.id, ReferenceRow.sha256)).all())
        return np.array([digests.get(number, str(number)) for number in held.ids.tolist()], dtype=object)
