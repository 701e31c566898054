"""A gallery's references in memory, kept up with the database by what has changed."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import torch
from sqlalchemy import select
from sqlalchemy.orm import Session
from torch import Tensor

from gemel.gallery.held import Held
from gemel.gallery.settings import THRESHOLD, setting
from gemel.gallery.store import Store
from gemel.gallery.tables import ClassRow, EmbeddingRow, ReferenceRow
from gemel.search import Index, index_for
from gemel.similarity import Similarity

#: Rows read at once.
BATCH = 10_000


class Growing:
    """Rows of one kind that are added to; what was handed out is never changed."""

    def __init__(self, empty: np.ndarray) -> None:
        self.rows = empty
        self._room = empty

    def append(self, more: np.ndarray) -> None:
        """Add rows: (n, ...). There is room for half as many again, so that a row is rarely moved."""
        before, after = len(self.rows), len(self.rows) + len(more)
        if after > len(self._room):
            self._room = np.empty((after * 3 // 2, *self.rows.shape[1:]), self.rows.dtype)
            self._room[:before] = self.rows
        self._room[before:after] = more
        self.rows = self._room[:after]


class Mirror:
    """The references of the active model, in memory.

    A call after additions alone reads the added rows; one after removals, moves or renamings also reads which number is
    of which class, but no embedding twice: a reference's embedding never changes.

    Args:
        store: the database.
        similarity: ranks what is searched.
        dimensions: D.
    """

    def __init__(self, store: Store, similarity: Similarity, dimensions: int) -> None:
        self.store = store
        self.similarity = similarity
        self._lock = threading.Lock()
        none = np.zeros(0, np.int64)
        nothing = (none, none, np.zeros((0, dimensions), np.float32), np.zeros(0, object))
        self._columns = [Growing(rows) for rows in nothing]  # numbers, classes, embeddings, sources
        self._held = Held(-1, -1, *nothing, {}, {}, None)
        self._index: Index | None = None
        self._indexed_ids = self._held.ids

    def held(self) -> Held:
        """Return all references as they are now."""
        with self._lock:
            return self._refreshed()

    def nearest(self, queries: Tensor, k: int) -> tuple[Held, Tensor, Tensor]:
        """Return the references as they are now, and the scores and numbers of each query's k nearest among them.

        (Q, D) -> (Q, k), (Q, k), k at least 1; there are fewer where the gallery has fewer.
        """
        with self._lock, torch.inference_mode(False), torch.no_grad():  # whose tensors could not be changed later
            held = self._refreshed()
            return held, *self._indexed(held).top(queries, k)

    def _refreshed(self) -> Held:
        if self.store.version() == self._held.version:
            return self._held
        with self.store.reading(snapshot=True) as session:
            self._held = self._read(session, *self.store.state(session))
            return self._held

    def _read(self, session: Session, version: int, arrangement: int) -> Held:
        """Return what is held now."""
        self.store.check_active(session)
        rearranged = arrangement != self._held.arrangement
        if rearranged and len(self._held):
            self._rearrange(session)
        last = int(self._columns[0].rows[-1]) if len(self._columns[0].rows) else 0
        while added := self._added(session, last):
            for column, rows in zip(self._columns, added, strict=True):
                column.append(rows)
            last = int(added[0][-1])
        limits = select(ClassRow.id, ClassRow.threshold).where(ClassRow.threshold.is_not(None))
        thresholds = {number: threshold for number, threshold in session.execute(limits) if threshold is not None}
        ids, owners, embeddings, sources = (column.rows for column in self._columns)
        labels = self._labels(session, rearranged)
        own = setting(session, THRESHOLD)
        return Held(version, arrangement, ids, owners, embeddings, sources, labels, thresholds, own)

    def _rearrange(self, session: Session) -> None:
        """Leave out what was removed, and note which class everything is of now."""
        of_model = ReferenceRow.id.in_(
            select(EmbeddingRow.reference_id).where(EmbeddingRow.model_id == self.store.model_id)
        )
        there = session.execute(
            select(ReferenceRow.id, ReferenceRow.class_id).where(of_model).order_by(ReferenceRow.id)
        )
        ids, owners = columns_of(there.all(), 2)
        known = self._columns[0].rows
        kept = among(known, ids)
        self._columns = [Growing(column.rows[kept]) for column in self._columns]
        self._columns[1] = Growing(owners[np.searchsorted(ids, known[kept])].astype(np.int64))

    def _added(self, session: Session, last: int) -> list[np.ndarray] | None:
        """Return the next references after number ``last``: numbers, classes, embeddings, sources."""
        columns = (ReferenceRow.id, ReferenceRow.class_id, ReferenceRow.source, EmbeddingRow.embedding)
        query = select(*columns).join(EmbeddingRow, EmbeddingRow.reference_id == ReferenceRow.id)
        query = query.where(EmbeddingRow.model_id == self.store.model_id, ReferenceRow.id > last)
        rows = session.execute(query.order_by(ReferenceRow.id).limit(BATCH)).all()
        if not rows:
            return None
        ids, owners, sources, embeddings = zip(*rows, strict=True)
        return [np.array(ids), np.array(owners), np.stack(embeddings), np.array(sources, dtype=object)]

    def _labels(self, session: Session, all_of_them: bool) -> dict[int, str]:
        """Return the classes' labels; all are read where some may have changed, else the new ones."""
        known = {} if all_of_them else dict(self._held.labels)
        query = select(ClassRow.id, ClassRow.label).where(ClassRow.id > max(known, default=0))
        return known | dict(session.execute(query).all())

    def _indexed(self, held: Held) -> Index:
        """Return the index, brought up to what is held."""
        if self._index is None:
            self._index = index_for(self.similarity, len(held))
        gone = self._indexed_ids[~among(self._indexed_ids, held.ids)]
        new = ~among(held.ids, self._indexed_ids)
        if len(gone):
            self._index.remove(torch.from_numpy(gone))
        if new.any():
            self._index.add(torch.from_numpy(held.ids[new]), torch.from_numpy(held.embeddings[new]))
        self._indexed_ids = held.ids
        return self._index


def among(ids: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which numbers are among others, both ascending: (A,), (B,) -> bool (A,)."""
    if not len(others):
        return np.zeros(len(ids), bool)
    found: np.ndarray = others[np.minimum(np.searchsorted(others, ids), len(others) - 1)] == ids
    return found


def columns_of(rows: Sequence[Sequence[int]], count: int) -> list[np.ndarray]:
    """Return the columns of rows of whole numbers."""
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [np.zeros(0, np.int64)] * count
