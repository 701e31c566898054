"""The models whose embeddings a gallery keeps, and the change from one to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from gemel.errors import ModelError
from gemel.gallery.claim import named
from gemel.gallery.collection import Collection
from gemel.gallery.database import is_sqlite, shown
from gemel.gallery.entries import Entry
from gemel.gallery.server_search import index_of, make_index, searches
from gemel.gallery.settings import THRESHOLD, put
from gemel.gallery.tables import ClassRow, EmbeddingRow, ModelRow, ReferenceRow
from gemel.model import Model

#: Originals embedded between two writings.
BATCH = 32


@dataclass(frozen=True)
class ModelEntry(Entry):
    """A model: the references that it has embedded, and whether the gallery answers by it."""

    name: str
    fingerprint: str
    dimensions: int
    active: bool
    references: int


class Models:
    """A gallery's models, of which one is active.

    Args:
        gallery: whose models they are.
    """

    def __init__(self, gallery: Collection) -> None:
        self.gallery = gallery

    def listed(self) -> list[ModelEntry]:
        """Return the models, the oldest first; one that is not active is being adopted."""
        with self.gallery.store.reading() as session:
            counts = select(EmbeddingRow.model_id, func.count()).group_by(EmbeddingRow.model_id)
            embedded: dict[int, int] = dict(session.execute(counts).all())
            rows = session.scalars(select(ModelRow).order_by(ModelRow.id)).all()
            return [
                ModelEntry(row.name, row.fingerprint, row.dimensions, row.active, embedded.get(row.id, 0))
                for row in rows
            ]

    def adopt(self, model: Model, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Embed all originals by another model and answer by it from then on; return how many those were.

        Meanwhile the gallery answers, and is enrolled to, by the former model. The change itself is one transaction:
        what was enrolled last is embedded in it, and the former embeddings, and all thresholds, which were on the
        former model's scale, go in it. If it is cut off before, the next call goes on.

        Other processes are told at their next call that the gallery has gone over to another model.

        Args:
            model: the other one.
            progress: called with (references done, references in all).

        Raises:
            ModelError: a reference has no original, or the gallery has gone over to another model meanwhile.
        """
        former = self.gallery.store.model_id
        if model.fingerprint == self.gallery.model.fingerprint:
            return 0
        with self.gallery.store.reading() as session:
            total = self._check(session)
        number = self._begun(model)
        done = total - self._lacking(number)
        while batch := self._embedded(model, number):
            with self.gallery.store.writing(arranging=False) as session:
                done += kept(session, number, batch)
            progress(min(done, total), total)
        if searches(self.gallery.engine, model.similarity, model.dimensions):
            make_index(self.gallery.engine, number, model.dimensions)  # now, so that nobody waits for it afterwards
        with self.gallery.store.writing() as session:
            total = self._check(session)
            while batch := embedded(session, model, number):
                kept(session, number, batch)
            switch(session, former, number)
        self.gallery.answer_by(model, number)
        return total

    def _check(self, session: Session) -> int:
        """Return the number of references; a ModelError is raised unless all have an original."""
        total = session.scalar(select(func.count()).select_from(ReferenceRow)) or 0
        lacking = select(func.count()).select_from(ReferenceRow).where(ReferenceRow.original.is_(None))
        without = session.scalar(lacking) or 0
        if without:
            raise ModelError(
                f"{without} of the {total} references in {shown(self.gallery.engine.url)} have no original to be "
                "embedded anew; keep to the model, or enrol the items again in a new gallery with originals=True."
            )
        return total

    def _begun(self, model: Model) -> int:
        """Return the other model's number; it has a row from now on."""
        with self.gallery.store.writing(arranging=False) as session:
            row = session.scalars(select(ModelRow).where(ModelRow.fingerprint == model.fingerprint)).one_or_none()
            if row is None:
                told = {"name": named(model), "dimensions": model.dimensions}
                row = ModelRow(fingerprint=model.fingerprint, active=False, **told)
                session.add(row)
                session.flush()
            return row.id

    def _lacking(self, number: int) -> int:
        """Return how many references a model has not embedded."""
        with self.gallery.store.reading() as session:
            return session.scalar(select(func.count()).select_from(lacking(number).subquery())) or 0

    def _embedded(self, model: Model, number: int) -> dict[int, np.ndarray]:
        with self.gallery.store.reading() as session:
            return embedded(session, model, number)


def embedded(session: Session, model: Model, number: int) -> dict[int, np.ndarray]:
    """Return the embeddings (D,) of some references that a model has not embedded, by their numbers; none at last."""
    some = session.scalars(lacking(number).order_by(ReferenceRow.id).limit(BATCH)).all()
    originals = select(ReferenceRow.id, ReferenceRow.original).where(ReferenceRow.id.in_(some))
    found = {reference: original for reference, original in session.execute(originals) if original is not None}
    return dict(zip(found, model.embed(list(found.values())), strict=True))


def kept(session: Session, number: int, embeddings: dict[int, np.ndarray]) -> int:
    """Write down the embeddings of those references that are still there, and return how many those are."""
    there = session.scalars(select(ReferenceRow.id).where(ReferenceRow.id.in_(embeddings))).all()
    rows = [EmbeddingRow(model_id=number, reference_id=each, embedding=embeddings[each]) for each in there]
    session.add_all(rows)
    session.flush()
    return len(rows)


def lacking(number: int) -> Select[int]:
    """Return the query for references that a model has not embedded."""
    its_own = (EmbeddingRow.reference_id == ReferenceRow.id, EmbeddingRow.model_id == number)
    return select(ReferenceRow.id).where(~select(EmbeddingRow.reference_id).where(*its_own).exists())


def switch(session: Session, former: int, number: int) -> None:
    """Let the gallery answer by another model; what was on the former's scale goes."""
    session.execute(update(ModelRow).where(ModelRow.id == former).values(active=False))
    session.execute(update(ModelRow).where(ModelRow.id == number).values(active=True))
    session.execute(delete(ModelRow).where(ModelRow.id == former))  # its embeddings go with it
    if not is_sqlite(session.get_bind().engine.url):
        session.execute(text(f"DROP INDEX IF EXISTS {index_of(former)}"))
    session.execute(update(ClassRow).values(threshold=None))
    put(session, THRESHOLD, None)
