"""The enrolled references of some classes, to identify and verify against."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self, overload

import numpy as np
import torch
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gemel.data.items import Item, as_image, name_of
from gemel.errors import DataError, did_you_mean
from gemel.gallery.claim import claim
from gemel.gallery.database import explained, opened, shown
from gemel.gallery.tables import STATE_ID, ClassRow, EmbeddingRow, ReferenceRow, StateRow
from gemel.model import Model, Support
from gemel.verdicts import Identification, Verdict


class Gallery:
    """Labelled references in a database, searched exactly, in memory.

        gallery = gemel.Gallery("parts.db", model)
        gallery.enrol("M6 bolt", ["b1.png", "b2.png"])
        gallery.identify("x.png")

    A class is added by its first reference, without training. Every change is one transaction, on disk when the call
    returns; other processes and threads may read and write the same gallery meanwhile, and see it at their next call.

    Args:
        address: an SQLite file, made if need be, or a database's URL: ``"sqlite:///parts.db"``; ``"sqlite://"`` is in
            memory.
        model: embeds the items; a gallery keeps to the model that it was made with.

    Raises:
        DataError: the database cannot be opened.
        ModelError: the gallery was made with another model, or by a newer Gemel.
    """

    def __init__(self, address: str | Path, model: Model) -> None:
        self.model = model
        self._engine = opened(address)
        self._cached: tuple[int, Support] | None = None
        try:
            self._model_id = claim(self._engine, model)
        except Exception:
            self.close()
            raise

    def enrol(self, label: str, items: Item | list[Item]) -> int:
        """Add an item, or several, to a class, new or not, and return how many were new to it.

        A picture of the very pixels of one that the class holds is not added again.

        Raises:
            InputError: an item is no readable picture; then none is enrolled.
            DataError: the label is empty, or there is no item.
        """
        listed = items if isinstance(items, list) else [items]
        if not label.strip() or not listed:
            raise DataError(
                f"Class '{label}' with {len(listed)} items came; a name and at least one item are expected."
            )
        rows = {
            reference.sha256: (reference, embedding) for reference, embedding in self._rows(listed)
        }  # each picture once
        with self._writing() as session:
            owner = self._class(session, label) or ClassRow(label=label)
            session.add(owner)
            session.flush()
            held = set(session.scalars(select(ReferenceRow.sha256).where(ReferenceRow.class_id == owner.id)))
            fresh = [row for digest, row in rows.items() if digest not in held]
            for reference, _ in fresh:
                reference.class_id = owner.id
            session.add_all(reference for reference, _ in fresh)
            session.flush()
            session.add_all(
                EmbeddingRow(model_id=self._model_id, reference_id=reference.id, embedding=embedding)
                for reference, embedding in fresh
            )
        return len(fresh)

    @overload
    def identify(self, item: list[Item], matches: int = 5, unknown_prior: float = 0.5) -> list[Identification]: ...
    @overload
    def identify(self, item: Item, matches: int = 5, unknown_prior: float = 0.5) -> Identification: ...

    def identify(
        self, item: Item | list[Item], matches: int = 5, unknown_prior: float = 0.5
    ) -> Identification | list[Identification]:
        """Return the class of an item, or of each of a list, or "unknown".

        Args:
            item: what to recognise.
            matches: classes listed in each answer.
            unknown_prior: the share of items expected to be of no enrolled class, in (0, 1).

        Raises:
            InputError: an item is no readable picture.
            DataError: nothing is enrolled.
        """
        listed = item if isinstance(item, list) else [item]
        support = self._support()
        embeddings = torch.from_numpy(self.model.embed(listed))
        names = [name_of(each, position) for position, each in enumerate(listed)]
        answers = self.model.identify_embeddings(embeddings, names, support, matches, unknown_prior)
        return answers if isinstance(item, list) else answers[0]

    def verify(self, item: Item, label: str, threshold: float | None = None) -> Verdict:
        """Return whether an item is of a class, by its likeness to the class.

        FAR and FRR are those that the threshold reached on pairs of single items.

        Raises:
            InputError: the item is no readable picture.
            DataError: there is no such class.
        """
        support = self._support()
        if label not in support.classes:
            raise DataError(f"There is no class '{label}'.{did_you_mean(label, support.classes)}")
        limit = self.model.threshold if threshold is None else threshold
        with torch.inference_mode():
            embedding = torch.from_numpy(self.model.embed([item]))  # (1, D)
            scores = self.model.learner.likeness(embedding, support.embeddings, support.labels, len(support.classes))
        score = float(scores[0, support.classes.index(label)])
        calibration = self.model.calibration
        probability = float(calibration.probability(score))
        return Verdict(score, probability, score >= limit, limit, calibration.far(limit), calibration.frr(limit))

    def labels(self) -> list[str]:
        """Return the classes, sorted."""
        with self._reading() as session:
            return sorted(session.scalars(select(ClassRow.label)))

    def remove(self, label: str) -> int:
        """Remove a class with its references, and return how many those were.

        Raises:
            DataError: there is no such class.
        """
        with self._writing() as session:
            owner = self._known(session, label)
            of_class = ReferenceRow.class_id == owner.id
            count = session.scalar(select(func.count()).select_from(ReferenceRow).where(of_class)) or 0
            session.execute(delete(ClassRow).where(ClassRow.id == owner.id))  # the references go with it
        return count

    def rename(self, label: str, to: str) -> None:
        """Give a class another name.

        Raises:
            DataError: there is no such class, or the name is empty or another class's.
        """
        with self._writing() as session:
            owner = self._known(session, label)
            if not to.strip() or (to != label and self._class(session, to)):
                raise DataError(f"'{label}' cannot become '{to}': the name is {'taken' if to.strip() else 'empty'}.")
            owner.label = to

    def __len__(self) -> int:
        """Return the number of references."""
        with self._reading() as session:
            return session.scalar(select(func.count()).select_from(ReferenceRow)) or 0

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, items: Sequence[Item]) -> list[tuple[ReferenceRow, np.ndarray]]:
        """Return the items, of no class yet, each with its embedding."""
        images = [as_image(item) for item in items]
        seen = [hashlib.sha256(self.model.preprocessing.pixels(image).tobytes()).hexdigest() for image in images]
        embeddings = self.model.embed(images)
        return [
            (ReferenceRow(source=name_of(item, position), sha256=digest), row)
            for position, (item, row, digest) in enumerate(zip(items, embeddings, seen, strict=True))
        ]

    def _support(self) -> Support:
        """Return all references, read again only if the gallery has changed.

        The version is read first: should a change come between, the references are newer than their version, never
        older, and are read once more at the next call.
        """
        with self._reading() as session:
            version = session.scalars(select(StateRow.version).where(StateRow.id == STATE_ID)).one()
            if self._cached is None or self._cached[0] != version:
                self._cached = version, self._read(session)
            return self._cached[1]

    def _read(self, session: Session) -> Support:
        columns = (ClassRow.label, EmbeddingRow.embedding, ReferenceRow.source)
        held = select(*columns).join_from(EmbeddingRow, ReferenceRow).join(ClassRow)
        held = held.where(EmbeddingRow.model_id == self._model_id)
        rows = session.execute(held.order_by(ClassRow.id, ReferenceRow.id)).all()
        if not rows:
            raise DataError(f"The gallery {shown(self._engine.url)} is empty; enrol a class first.")
        labels, embeddings, sources = zip(*rows, strict=True)
        classes = tuple(dict.fromkeys(labels))
        numbers = {label: number for number, label in enumerate(classes)}
        values = np.stack(embeddings)  # (S, D)
        return Support(torch.from_numpy(values), torch.tensor([numbers[each] for each in labels]), classes, sources)

    def _class(self, session: Session, label: str) -> ClassRow | None:
        return session.scalars(select(ClassRow).where(ClassRow.label == label)).one_or_none()

    def _known(self, session: Session, label: str) -> ClassRow:
        known = list(session.scalars(select(ClassRow.label)))
        if label not in known:
            raise DataError(f"There is no class '{label}'.{did_you_mean(label, known)}")
        return session.scalars(select(ClassRow).where(ClassRow.label == label)).one()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with explained(self._engine.url), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """One transaction, committed at the block's end or not at all.

        It begins by raising the version, which makes writers wait for each other, so that what a writer has read stays
        true until it has written.
        """
        with explained(self._engine.url), Session(self._engine) as session, session.begin():
            session.execute(update(StateRow).where(StateRow.id == STATE_ID).values(version=StateRow.version + 1))
            yield session
