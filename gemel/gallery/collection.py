"""References in a database, with the model that embeds them: what the parts of a gallery work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, Self, TypeVar

import numpy as np
import torch
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from torch import Tensor

from gemel.data.items import Item
from gemel.errors import DataError, InputError
from gemel.gallery import arranging
from gemel.gallery.claim import claim
from gemel.gallery.database import opened, shown
from gemel.gallery.enrolling import Candidate, as_tensor, written
from gemel.gallery.entries import Enrolment, Hit
from gemel.gallery.held import Held
from gemel.gallery.labels import checked_label
from gemel.gallery.mirror import Mirror
from gemel.gallery.quality import likeness_warnings
from gemel.gallery.server_search import ServerSearch, searches
from gemel.gallery.store import Store
from gemel.gallery.tables import ClassRow, EmbeddingRow, ReferenceRow
from gemel.model import Model
from gemel.search.product import canonical_rows
from gemel.verdicts import Verdict

C = TypeVar("C", bound="Collection")
P = ParamSpec("P")
T = TypeVar("T")

#: How an item is held against a class: by its mean embedding, by the mean score with its references, or by the best.
By = Literal["prototype", "mean", "max"]

#: References nearest to a new one that are looked at for duplicates.
NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class Answering:
    """What a collection answers by; it goes over to another model in one step."""

    model: Model
    store: Store
    mirror: Mirror
    server: ServerSearch | None

    @classmethod
    def of(cls, model: Model, store: Store) -> Self:
        """Return what answers by a model."""
        parts = (store, model.similarity, model.dimensions)
        server = ServerSearch(*parts) if searches(store.engine, model.similarity, model.dimensions) else None
        return cls(model, store, Mirror(*parts), server)


def steady(method: Callable[Concatenate[C, P], T]) -> Callable[Concatenate[C, P], T]:
    """Return a method of a collection that is done again where the model has changed beneath it."""

    @wraps(method)
    def done(self: C, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.steadily(lambda: method(self, *args, **kwargs))

    return done


class Collection:
    """Labelled references in a database, searched in memory or by the server: base of ``Gallery``.

    Args:
        address: see ``Gallery``.
        model: embeds the items.
        originals: whether the pictures are kept as they came.

    Raises:
        DataError: the database cannot be opened.
        ModelError: the gallery was made with another model, or by a newer Gemel.
    """

    def __init__(self, address: str | Path, model: Model, originals: bool = False) -> None:
        self.originals = originals
        self.engine = opened(address)
        try:
            self.answer_by(model, claim(self.engine, model))
        except Exception:
            self.close()
            raise

    def answer_by(self, model: Model, model_id: int) -> None:
        """Answer by the model of that number from now on, which must be the active one."""
        self.answering = Answering.of(model, Store(self.engine, model_id))

    def steadily(self, work: Callable[[], T]) -> T:
        """Return what some work gives by one model alone: it is done again where the model has changed beneath it."""
        while True:
            answering = self.answering
            try:
                result = work()
            except Exception:  # of whatever kind: two models may differ in all
                if self.answering is answering:
                    raise
            else:
                if self.answering is answering:
                    return result

    @property
    def model(self) -> Model:
        """Embeds the items."""
        return self.answering.model

    @property
    def store(self) -> Store:
        """The database."""
        return self.answering.store

    @property
    def mirror(self) -> Mirror:
        """The references in memory."""
        return self.answering.mirror

    def enrol_candidates(self, label: str, found: Sequence[Candidate]) -> list[Enrolment]:
        """Add items that are embedded already; see ``enrol``."""
        return self.add(label, self._warned(checked_label(label), found))

    def add(self, label: str, found: Sequence[Candidate]) -> list[Enrolment]:
        """Add items that are embedded and looked at already."""
        with self.store.writing(arranging=False) as session:
            return written(session, self.store.model_id, label, found)

    def labels(self) -> list[str]:
        """Return the classes' labels, sorted."""
        with self.store.reading() as session:
            return sorted(session.scalars(select(ClassRow.label)))

    def held(self) -> Held:
        """Return all references with their embeddings as they are now.

        Raises:
            DataError: there is none.
        """
        held = self.mirror.held()
        if not len(held):
            raise DataError(f"The gallery {shown(self.engine.url)} is empty; enrol a class first.")
        return held

    def embedded(self, items: Sequence[Item]) -> Tensor:
        """Return items as embeddings (B, D); an array (D,) is one already.

        Raises:
            InputError: an item is no readable picture, or no embedding of this model.
        """
        rows = [self._as_embedding(item) for item in items]
        return torch.from_numpy(np.stack(rows) if rows else np.zeros((0, self.model.dimensions), np.float32))

    def embeddings_of(self, references: Sequence[int]) -> Tensor:
        """Return references' embeddings in the order asked for: (B, D).

        Raises:
            DataError: there is no such reference.
        """
        with self.store.reading() as session:
            arranging.check_there(session, references)
            chosen = (EmbeddingRow.model_id == self.store.model_id, EmbeddingRow.reference_id.in_(references))
            rows = session.execute(select(EmbeddingRow.reference_id, EmbeddingRow.embedding).where(*chosen))
            found: dict[int, np.ndarray] = dict(rows.all())
        values = np.array([found[number] for number in references], np.float32)
        return torch.from_numpy(values.reshape(-1, self.model.dimensions))

    def __len__(self) -> int:
        """Return the number of references."""
        with self.store.reading() as session:
            return session.scalar(select(func.count()).select_from(ReferenceRow)) or 0

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _as_embedding(self, item: Item) -> np.ndarray:
        """Return an item's embedding (D,)."""
        if not isinstance(item, np.ndarray) or item.ndim != 1:
            return self.model.embed([item])[0]
        if item.shape != (self.model.dimensions,) or item.dtype.kind not in "iuf" or not np.isfinite(item).all():
            raise InputError(
                f"An embedding of shape {item.shape} came; {self.model.dimensions} finite numbers are expected."
            )
        return canonical_rows(self.model.similarity, torch.from_numpy(item.astype(np.float32))[None])[0].numpy()

    @torch.inference_mode()
    def likeness(self, embedding: Tensor, references: Tensor, by: By) -> float:
        """Return the score of an item (1, D) with the references of a class (S, D)."""
        if by == "prototype":
            one_class = torch.zeros(len(references), dtype=torch.int64)
            return float(self.model.learner.likeness(embedding, references, one_class, 1)[0, 0])
        scores = self.model.similarity.matrix(embedding, references)
        return float(scores.mean() if by == "mean" else scores.max())

    def verdict(self, score: float, threshold: float | None) -> Verdict:
        """Return the verdict on a score; the model's threshold where there is none."""
        limit = self.model.threshold if threshold is None else threshold
        calibration = self.model.calibration
        probability = float(calibration.probability(score))
        return Verdict(score, probability, score >= limit, limit, calibration.far(limit), calibration.frr(limit))

    def nearest(self, query: Tensor, k: int) -> list[Hit]:
        """Return the references nearest to an embedding (D,)."""
        if (server := self.answering.server) is not None:
            scores, ids = server.nearest(query, k)
            labels = self._labels_of(ids.tolist())
        else:
            held, found, numbers = self.mirror.nearest(query[None], k)
            scores, ids = found[0].numpy(), numbers[0].numpy()
            labels = {number: held.label_of(number) for number in ids.tolist()}
        probabilities = self.model.calibration.probability(scores)
        rows = zip(ids.tolist(), scores.tolist(), probabilities.tolist(), strict=True)
        return [Hit(number, labels[number], score, odds) for number, score, odds in rows if number in labels]

    def _labels_of(self, references: Sequence[int]) -> dict[int, str]:
        """Return the labels of references by their numbers; of those that are still there."""
        query = select(ReferenceRow.id, ClassRow.label).join(ClassRow).where(ReferenceRow.id.in_(references))
        with self.store.reading() as session:
            return dict(session.execute(query).all())

    def _warned(self, label: str, found: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates with what their likeness to others tells."""
        embeddings = as_tensor(found)
        with self.store.reading() as session:
            own = class_embeddings(session, self.store.model_id, label, self.model.dimensions)
        return [self._with_warnings(label, each, position, embeddings, own) for position, each in enumerate(found)]

    def _with_warnings(
        self, label: str, candidate: Candidate, position: int, embeddings: Tensor, own: Tensor
    ) -> Candidate:
        """Return one of the candidates (B, D) with what its likeness to the references and to the others tells."""
        query = embeddings[position]
        others = torch.cat([embeddings[:position], embeddings[position + 1 :]])
        near = self.nearest(query, NEIGHBOURS)
        with torch.inference_mode():
            beside = self.model.similarity.matrix(query[None], others)[0].numpy()
        scores = np.concatenate([[hit.score for hit in near], beside]).astype(np.float64)
        labels = [*(hit.label for hit in near), *[label] * len(others)]
        of_class = torch.cat([own, others])
        known = self.likeness(query[None], of_class, "prototype") if len(of_class) else None
        return candidate.with_warnings(likeness_warnings(self.model.calibration, label, scores, labels, known))


def class_embeddings(session: Session, model_id: int, label: str, dimensions: int) -> Tensor:
    """Return the embeddings of a class's references: (S, D); none of a class that is not there."""
    rows = select(EmbeddingRow.embedding).join(ReferenceRow, EmbeddingRow.reference_id == ReferenceRow.id)
    rows = rows.join(ClassRow).where(ClassRow.label == label, EmbeddingRow.model_id == model_id)
    return torch.from_numpy(np.array(session.scalars(rows).all(), np.float32).reshape(-1, dimensions))
