"""Questions that were asked, with the answers given, for a person to look through."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, undefer

from gemel.data.items import Item, as_image
from gemel.errors import DataError, did_you_mean
from gemel.gallery.asked import Asked
from gemel.gallery.collection import Collection
from gemel.gallery.database import explained
from gemel.gallery.enrolling import Candidate, candidates
from gemel.gallery.entries import Enrolment, Entry, Page, checked_page
from gemel.gallery.pictures import original, thumbnail
from gemel.gallery.quality import sharpness
from gemel.gallery.tables import AttemptRow, ModelRow
from gemel.verdicts import Identification, Verdict

#: What became of an attempt.
State = Literal["open", "confirmed", "corrected", "rejected"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Attempt(Entry):
    """A question, with the answer given.

    Attributes:
        kind: "identify" or "verify".
        who: who asked.
        label: the class answered, or asked about; None for unknown.
        decision: "match" or "unknown"; "same" or "different".
        state: "open", "confirmed", "corrected" or "rejected".
        settled: the class that a person gave it.
        has_picture: whether there is a thumbnail.
    """

    id: int
    when: datetime
    kind: str
    who: str
    label: str | None
    decision: str
    score: float
    probability: float
    threshold: float
    state: str
    settled: str | None
    has_picture: bool


class Review:
    """The attempts on a gallery, which a person confirms, corrects or rejects.

    Args:
        gallery: what was asked.
    """

    def __init__(self, gallery: Collection) -> None:
        self.gallery = gallery

    def record(
        self,
        answer: Identification | Verdict,
        item: Item | None = None,
        embedding: np.ndarray | None = None,
        label: str | None = None,
        who: str = "",
    ) -> int:
        """Keep a question with its answer, and return its number.

        See ``record_all`` and ``Asked``.
        """
        return self.record_all([Asked(answer, item, embedding, label, who)])[0]

    def record_all(self, asked: Sequence[Asked]) -> list[int]:
        """Keep questions with their answers, all or none, and return their numbers.

        A picture is kept small, and as it came where the gallery keeps originals.

        Raises:
            DataError: neither an item nor an embedding came, or nothing can be unknown to an answer.
            InputError: an item is no readable picture.
        """
        rows = self.gallery.steadily(lambda: [self._row(each) for each in asked])
        with self._session() as session:
            session.add_all(rows)
            session.flush()
            return [row.id for row in rows]

    def attempts(
        self,
        page: int = 1,
        size: int = 100,
        state: str | None = None,
        kind: str | None = None,
        label: str | None = None,
        below: float | None = None,
    ) -> Page[Attempt]:
        """Return some of the attempts, the newest first.

        Args:
            page, size: which, and how many.
            state: "open", "confirmed", "corrected" or "rejected" ones only.
            kind: "identify" or "verify" ones only.
            label: those of a class only, by a person's word or else by the answer.
            below: those of a lower probability only.

        Raises:
            DataError: there is no such page or state.
        """
        checked_page(page, size)
        if state is not None and state not in STATES:
            raise DataError(f"Unknown state '{state}'.{did_you_mean(state, STATES)}")
        wanted = filters(state, kind, label, below)
        newest = attempts().where(*wanted).order_by(AttemptRow.id.desc()).offset((page - 1) * size).limit(size)
        with self._session() as session:
            total = session.scalar(select(func.count()).select_from(AttemptRow).where(*wanted)) or 0
            return Page(tuple(as_attempt(*row) for row in session.execute(newest)), total, page, size)

    def attempt(self, number: int) -> Attempt:
        """Return an attempt by its number.

        Raises:
            DataError: there is none.
        """
        with self._session() as session:
            row = session.execute(attempts().where(AttemptRow.id == number)).one_or_none()
            if row is None:
                raise DataError(f"There is no attempt {number}.")
            return as_attempt(*row)

    def thumbnail(self, number: int) -> bytes | None:
        """Return an attempt's picture, small, as a PNG; None where only an embedding came.

        Raises:
            DataError: there is no such attempt.
        """
        self.attempt(number)
        with self._session() as session:
            return session.scalar(select(AttemptRow.thumbnail).where(AttemptRow.id == number))

    def confirm(self, number: int, who: str = "") -> Enrolment | None:
        """Say that the answer was right, and enrol what was asked about in the class that it is of, if of one.

        Raises:
            DataError: there is no such attempt, or it is settled already, or it cannot be enrolled (see ``correct``).
        """
        row = self._open(number)
        label = row.label if row.decision in ("match", "same") else None
        enrolment = None if label is None else self._enrol(row, label, who)
        self._settle(number, "confirmed", label)
        return enrolment

    def correct(self, number: int, label: str, who: str = "") -> Enrolment:
        """Say which class it is of, new or not, and enrol what was asked about there.

        What is enrolled is the picture as it came, or else the embedding with its thumbnail.

        Raises:
            DataError: there is no such attempt, or it is settled already; or the label is none; or it was embedded by
                another model, and its picture was not kept.
        """
        enrolment = self._enrol(self._open(number), label, who)
        self._settle(number, "corrected", enrolment.label)
        return enrolment

    def reject(self, number: int) -> None:
        """Say that it is nothing to learn from.

        Raises:
            DataError: there is no such attempt, or it is settled already.
        """
        self._open(number)
        self._settle(number, "rejected", None)

    def forget(self, before: datetime) -> int:
        """Remove the attempts older than a moment, settled or not, and return how many those were."""
        with self._session() as session:
            old = session.scalars(select(AttemptRow).where(AttemptRow.at < before)).all()
            for row in old:
                session.delete(row)
            return len(old)

    def _row(self, asked: Asked) -> AttemptRow:
        kept = {"who": asked.who, **asked.told(), **self._pictures(asked.item)}
        if asked.model not in (None, self.gallery.model.fingerprint):
            return AttemptRow(**kept)  # the gallery has gone over to another model: the embedding is of no use
        embedding = self.gallery.embedded([asked.to_embed])[0].numpy()
        return AttemptRow(model_id=self.gallery.store.model_id, embedding=embedding, **kept)

    def _pictures(self, item: Item | None) -> dict[str, bytes | None]:
        """Return what is kept of a picture; nothing of an embedding."""
        if item is None or (isinstance(item, np.ndarray) and item.ndim == 1):
            return {"thumbnail": None, "original": None}
        image = as_image(item)
        return {"thumbnail": thumbnail(image), "original": original(item, image) if self.gallery.originals else None}

    def _enrol(self, row: AttemptRow, label: str, who: str) -> Enrolment:
        """Enrol what was asked about; again is the same as once, should the process die before the rest is done."""
        return self.gallery.enrol_candidates(label, [self._candidate(row, who)])[0]

    def _candidate(self, row: AttemptRow, who: str) -> Candidate:
        """Return what was asked about as it may be enrolled."""
        source = f"attempt {row.id}"
        if row.original is not None:
            return candidates(self.gallery.model, [row.original], source, who, self.gallery.originals)[0]
        with self._session() as session:
            active = select(ModelRow.fingerprint).where(ModelRow.id == row.model_id, ModelRow.active)
            model = session.scalar(active)
        if model is None or row.embedding is None:
            raise DataError(
                f"Attempt {row.id} was embedded by another model, and its picture was not kept; reject it, or enrol "
                "the picture itself."
            )
        quality = None if row.thumbnail is None else sharpness(Image.open(BytesIO(row.thumbnail)))
        digest = hashlib.sha256(row.embedding.tobytes()).hexdigest()
        return Candidate(row.embedding, model, digest, source, who, quality, (), row.thumbnail, None)

    def _open(self, number: int) -> AttemptRow:
        """Return an attempt that is not settled yet, with all that is kept of it."""
        everything = [undefer(part) for part in (AttemptRow.thumbnail, AttemptRow.original, AttemptRow.embedding)]
        with self._session() as session:
            row = session.get(AttemptRow, number, options=everything)
            if row is None:
                raise DataError(f"There is no attempt {number}.")
            if row.state != "open":
                raise DataError(f"Attempt {number} is {row.state} already.")
            session.expunge(row)
            return row

    def _settle(self, number: int, state: State, label: str | None) -> None:
        with self._session() as session:
            row = session.get_one(AttemptRow, number)
            row.state, row.settled = state, label

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Give one transaction, which leaves the gallery's version: no reference changes."""
        with explained(self.gallery.engine.url), Session(self.gallery.engine) as session, session.begin():
            yield session


def filters(state: str | None, kind: str | None, label: str | None, below: float | None) -> list[ColumnElement[bool]]:
    """Return the conditions that attempts are to meet."""
    found: list[ColumnElement[bool]] = []
    if state is not None:
        found.append(AttemptRow.state == state)
    if kind is not None:
        found.append(AttemptRow.kind == kind)
    if label is not None:
        found.append(func.coalesce(AttemptRow.settled, AttemptRow.label) == label)
    if below is not None:
        found.append(AttemptRow.probability < below)
    return found


def attempts() -> Any:
    """Return the query of what ``as_attempt`` takes, without pictures."""
    return select(AttemptRow, AttemptRow.thumbnail.is_not(None))


def as_attempt(row: AttemptRow, has_picture: bool) -> Attempt:
    """Return a row as it is told."""
    answer = (row.label, row.decision, row.score, row.probability, row.threshold)
    return Attempt(row.id, row.at, row.kind, row.who, *answer, row.state, row.settled, has_picture)
