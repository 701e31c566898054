"""What a gallery keeps: the model that it was made with, the classes, and their references."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: Raised when an older Gemel can no longer read the tables.
FORMAT = 1


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """Base of the tables."""


class ModelRow(Table):
    """The one model whose embeddings are kept, and how often the gallery has changed."""

    __tablename__ = "gemel_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    format: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    dimensions: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)  # of the contents: raised by every change


class ClassRow(Table):
    """A class."""

    __tablename__ = "gemel_classes"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(unique=True)


class ReferenceRow(Table):
    """One labelled example: its embedding (D float32, little-endian), where it came from, and what was seen of it."""

    __tablename__ = "gemel_references"
    __table_args__ = (UniqueConstraint("class_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey(ClassRow.id, ondelete="CASCADE"))
    model_id: Mapped[int] = mapped_column(ForeignKey(ModelRow.id))
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    source: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))  # of the pixels that the model saw
    enrolled: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
