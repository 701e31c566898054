"""What a gallery keeps. ``migrations`` makes these tables, and brings older ones up to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gemel.gallery.columns import Embedding, Ordered, UtcTime, now

#: The newest migration, by which an older Gemel knows that it cannot read the tables.
FORMAT = 2

#: The one row of ``StateRow``.
STATE_ID = 1


class Table(DeclarativeBase):
    """Base of the tables."""

    # An SQLite file gives a removed row's number to no other.
    __table_args__: Any = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own name


class StateRow(Table):
    """How often the gallery has changed; whoever writes raises it first, so that writers wait for each other.

    Attributes:
        version: raised by every change of classes and references.
        arrangement: the version of the last change that did not only add.
    """

    __tablename__ = "gemel_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    arrangement: Mapped[int] = mapped_column(BigInteger, default=0)


class ModelRow(Table):
    """A model whose embeddings are kept; answers come from the one that is active."""

    __tablename__ = "gemel_models"
    __table_args__ = (
        Index(
            "gemel_models_active", "active", unique=True, sqlite_where=text("active"), postgresql_where=text("active")
        ),
        Table.__table_args__,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    dimensions: Mapped[int]
    active: Mapped[bool]


class ClassRow(Table):
    """A class, with a threshold of its own or the gallery's."""

    __tablename__ = "gemel_classes"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Ordered, unique=True)
    threshold: Mapped[float | None]


class ReferenceRow(Table):
    """One labelled example.

    Attributes:
        sha256: of the pixels that the model saw.
        source: where it came from, in words: a path, a page.
        who: who enrolled it.
        quality: the sharpness of the picture, see ``quality``; None where that was not measured.
        warnings: what was told when it was enrolled.
        thumbnail: a small PNG.
        original: the picture's file, where the gallery keeps them.
    """

    __tablename__ = "gemel_references"
    __table_args__ = (UniqueConstraint("class_id", "sha256"), Table.__table_args__)

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey(ClassRow.id, ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    source: Mapped[str]
    who: Mapped[str] = mapped_column(default="")
    enrolled: Mapped[datetime] = mapped_column(UtcTime, default=now)
    quality: Mapped[float | None]
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    original: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class EmbeddingRow(Table):
    """A reference as a model sees it: float32 (D,); never changed, only removed with its reference."""

    __tablename__ = "gemel_embeddings"
    __table_args__ = ()

    model_id: Mapped[int] = mapped_column(ForeignKey(ModelRow.id, ondelete="CASCADE"), primary_key=True)
    reference_id: Mapped[int] = mapped_column(
        ForeignKey(ReferenceRow.id, ondelete="CASCADE"), primary_key=True, index=True
    )
    embedding: Mapped[np.ndarray] = mapped_column(Embedding)


class AttemptRow(Table):
    """A question that was asked, with the answer given, to be looked through.

    Attributes:
        kind: "identify" or "verify".
        embedding: of the item asked about, by the model ``model_id``.
        label: the class answered, or asked about; None for unknown.
        decision: "match", "unknown", "same" or "different".
        state: "open", "confirmed", "corrected" or "rejected".
        settled: the label that a person gave it.
    """

    __tablename__ = "gemel_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    kind: Mapped[str] = mapped_column(String(16))
    who: Mapped[str] = mapped_column(default="")
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    original: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    model_id: Mapped[int | None] = mapped_column(ForeignKey(ModelRow.id, ondelete="SET NULL"))
    embedding: Mapped[np.ndarray | None] = mapped_column(Embedding, deferred=True)
    label: Mapped[str | None]
    decision: Mapped[str] = mapped_column(String(16))
    score: Mapped[float]
    probability: Mapped[float]
    threshold: Mapped[float]
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    settled: Mapped[str | None]


class SettingRow(Table):
    """A setting of the gallery, by name: any JSON value."""

    __tablename__ = "gemel_settings"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class KeyRow(Table):
    """An API key, known by its digest alone; its scope is "read", "enrol" or "admin"."""

    __tablename__ = "gemel_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(16))
    made: Mapped[datetime] = mapped_column(UtcTime, default=now)
    revoked: Mapped[datetime | None] = mapped_column(UtcTime)


class AuditRow(Table):
    """Who did what, and when."""

    __tablename__ = "gemel_audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    who: Mapped[str]
    action: Mapped[str] = mapped_column(String(64))
    detail: Mapped[Any] = mapped_column(JSON)
