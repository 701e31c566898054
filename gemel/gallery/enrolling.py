"""Items -> references: embedded, looked at, and written down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import torch
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from gemel.data.items import Item, as_image, name_of
from gemel.errors import ModelError
from gemel.gallery.arranging import class_for
from gemel.gallery.columns import now
from gemel.gallery.entries import Enrolment
from gemel.gallery.pictures import original, thumbnail
from gemel.gallery.quality import blur_warning, sharpness
from gemel.gallery.tables import EmbeddingRow, ModelRow, ReferenceRow
from gemel.model import Model

#: Pictures that are decoded and embedded together.
TOGETHER = 64


@dataclass(frozen=True, eq=False)
class Candidate:
    """An item that may become a reference: its embedding (D,), the embedding model's fingerprint, and what is kept."""

    embedding: np.ndarray
    model: str
    sha256: str
    source: str
    who: str
    quality: float | None
    warnings: tuple[str, ...]
    thumbnail: bytes | None
    original: bytes | None
    enrolled: datetime | None = None  # now

    def with_warnings(self, more: Sequence[str]) -> Candidate:
        """Return it with more to be told."""
        return replace(self, warnings=(*self.warnings, *more))

    def with_original(self, item: Item) -> Candidate:
        """Return it with the picture as it came."""
        return replace(self, original=original(item, as_image(item)))

    def row(self, class_id: int) -> ReferenceRow:
        """Return the reference of a class that it becomes."""
        told = {"source": self.source, "who": self.who, "quality": self.quality, "warnings": list(self.warnings)}
        pictures = {"thumbnail": self.thumbnail, "original": self.original}
        when = self.enrolled or now()
        return ReferenceRow(class_id=class_id, sha256=self.sha256, enrolled=when, **told, **pictures)


def candidates(model: Model, items: Sequence[Item], source: str, who: str, originals: bool) -> list[Candidate]:
    """Return the items embedded and looked at; no more than ``TOGETHER`` are held decoded at a time.

    Args:
        model: embeds them.
        items: pictures; each item's own name stands for the source where that is empty.
        source, who: of all of them.
        originals: keep each picture as it came.

    Raises:
        InputError: an item is no readable picture.
    """
    found: list[Candidate] = []
    for start in range(0, len(items), TOGETHER):
        some = items[start : start + TOGETHER]
        images = [as_image(item) for item in some]
        for item, image, embedding in zip(some, images, model.embed(images), strict=True):
            named = source or name_of(item, len(found))
            found.append(candidate(model, item, image, embedding, named, who, originals))
    return found


def candidate(
    model: Model, item: Item, image: Image.Image, embedding: np.ndarray, source: str, who: str, originals: bool
) -> Candidate:
    """Return one item, decoded and embedded, as what it may be kept as."""
    sharp = sharpness(image)
    return Candidate(
        embedding,
        model.fingerprint,
        hashlib.sha256(model.preprocessing.pixels(image).tobytes()).hexdigest(),
        source,
        who,
        sharp,
        tuple(blur_warning(sharp)),
        thumbnail(image),
        original(item, image) if originals else None,
    )


def written(session: Session, model_id: int, label: str, found: Sequence[Candidate]) -> list[Enrolment]:
    """Add the candidates to a class, new or not, and return what became of each.

    Raises:
        DataError: the label is none.
        ModelError: a candidate was embedded by another model than that of the number.
    """
    check_embedded_by(session.get_one(ModelRow, model_id), found)
    owner = class_for(session, label)
    digests = [each.sha256 for each in found]
    same = select(ReferenceRow.sha256, ReferenceRow.id).where(
        ReferenceRow.class_id == owner.id, ReferenceRow.sha256.in_(digests)
    )
    held: dict[str, int] = dict(session.execute(same).all())
    enrolments = []
    for each in found:
        fresh = each.sha256 not in held
        if fresh:
            row = each.row(owner.id)
            session.add(row)
            session.flush()
            session.add(EmbeddingRow(model_id=model_id, reference_id=row.id, embedding=each.embedding))
            held[each.sha256] = row.id
        enrolments.append(Enrolment(held[each.sha256], owner.label, fresh, each.warnings if fresh else ()))
    return enrolments


def check_embedded_by(model: ModelRow, found: Sequence[Candidate]) -> None:
    """Raise a ModelError where a candidate was embedded by another model."""
    others = {each.model for each in found} - {model.fingerprint}
    if others:
        raise ModelError(
            f"The gallery answers by the model '{model.name}' ({model.fingerprint[:12]}) now; what was embedded by "
            f"another one ({min(others)[:12]}) came; embed it again."
        )


def as_tensor(found: Sequence[Candidate]) -> torch.Tensor:
    """Return the candidates' embeddings: (B, D)."""
    return torch.from_numpy(np.stack([each.embedding for each in found]))
