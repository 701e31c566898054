"""Kinds of columns that databases keep differently: embeddings and times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, DateTime, Dialect, LargeBinary, String, TypeDecorator, func
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import TypeEngine, UserDefinedType

#: Words that every database sorts alike, by their characters' numbers.
Ordered = String(collation="C").with_variant(String(), "sqlite")


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class ServerVector(UserDefinedType[bytes]):
    """pgvector's ``vector``, float32, which the server searches."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "VECTOR"


ischema_names["vector"] = ServerVector  # so that SQLAlchemy knows the column where it looks at a server's tables


class Embedding(TypeDecorator[np.ndarray]):
    """float32 (D,): bytes, little-endian; in PostgreSQL a ``vector``. Both keep every bit."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's kind in a database."""
        return dialect.type_descriptor(ServerVector() if dialect.name == "postgresql" else LargeBinary())

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return what a query selects: of a vector its bytes, which need no parsing."""
        return func.vector_send(column, type_=self) if isinstance(self.impl_instance, ServerVector) else column

    def process_bind_param(self, value: np.ndarray | None, dialect: Dialect) -> Any:
        """Return the embedding as it is written."""
        if value is None:
            return None
        return as_vector(value) if dialect.name == "postgresql" else value.astype("<f4").tobytes()

    def process_result_value(self, value: Any, dialect: Dialect) -> np.ndarray | None:
        """Return what was written; a server's bytes begin with its number of dimensions."""
        if value is None:
            return None
        kind, header = (">f4", 4) if dialect.name == "postgresql" else ("<f4", 0)
        return np.frombuffer(value, kind, offset=header).astype(np.float32)


def as_vector(embedding: np.ndarray) -> str:
    """Return an embedding (D,) as pgvector reads it: ``[0.5,0.25]``."""
    return str(embedding.astype(np.float32).tolist()).replace(" ", "")


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC; SQLite, which knows no zones, gives it back without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time with its zone."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
