"""Format 2: several models, embeddings apart from references, pictures, attempts, settings, keys, an audit log."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from gemel.gallery.columns import Embedding, Ordered, UtcTime

revision = "2"
down_revision = "1"

#: What format 1 has, in the order in which it can be dropped.
FORMER = ("gemel_references", "gemel_classes", "gemel_models")

#: Rows moved at once.
BATCH = 1000


def upgrade() -> None:
    """Make the tables beside the former ones, move what those hold, and drop them."""
    for name in FORMER:
        op.rename_table(name, f"{name}_1")
    make_classes_and_models()
    make_references()
    make_attempts()
    make_administration()
    move()
    for name in FORMER:
        op.drop_table(f"{name}_1")


def make_classes_and_models() -> None:
    """Make what references point to, and the state."""
    op.create_table(
        "gemel_state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("arrangement", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gemel_models",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("dimensions", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    active = sa.text("active")
    op.create_index(
        "gemel_models_active", "gemel_models", ["active"], unique=True, sqlite_where=active, postgresql_where=active
    )
    op.create_table(
        "gemel_classes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("label", Ordered, nullable=False, unique=True),
        sa.Column("threshold", sa.Float),
        sqlite_autoincrement=True,
    )


def make_references() -> None:
    """Make references and their embeddings."""
    op.create_table(
        "gemel_references",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("class_id", sa.Integer, sa.ForeignKey("gemel_classes.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("enrolled", UtcTime, nullable=False),
        sa.Column("quality", sa.Float),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("thumbnail", sa.LargeBinary),
        sa.Column("original", sa.LargeBinary),
        sa.UniqueConstraint("class_id", "sha256"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gemel_embeddings",
        sa.Column("model_id", sa.Integer, sa.ForeignKey("gemel_models.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "reference_id", sa.Integer, sa.ForeignKey("gemel_references.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("embedding", Embedding, nullable=False),
    )
    op.create_index("ix_gemel_embeddings_reference_id", "gemel_embeddings", ["reference_id"])


def make_attempts() -> None:
    """Make attempts."""
    op.create_table(
        "gemel_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UtcTime, nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("thumbnail", sa.LargeBinary),
        sa.Column("original", sa.LargeBinary),
        sa.Column("model_id", sa.Integer, sa.ForeignKey("gemel_models.id", ondelete="SET NULL")),
        sa.Column("embedding", Embedding),
        sa.Column("label", sa.String),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("settled", sa.String),
        sqlite_autoincrement=True,
    )


def make_administration() -> None:
    """Make settings, keys and the audit log."""
    op.create_table(
        "gemel_settings",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gemel_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("made", UtcTime, nullable=False),
        sa.Column("revoked", UtcTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gemel_audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UtcTime, nullable=False, index=True),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )


def move() -> None:
    """Move what format 1 holds; its one model is the active one."""
    connection = op.get_bind()
    tables = {name: reflected(connection, name) for name in (*FORMER, "gemel_embeddings", "gemel_state")}
    connection.execute(tables["gemel_state"].insert(), {"id": 1, "version": 0, "arrangement": 0})
    for models in batches(connection, "gemel_models_1"):
        connection.execute(tables["gemel_models"].insert(), [model(row) for row in models])
    for classes in batches(connection, "gemel_classes_1"):
        connection.execute(tables["gemel_classes"].insert(), classes)
    for former in batches(connection, "gemel_references_1"):
        connection.execute(tables["gemel_references"].insert(), [reference(row) for row in former])
        connection.execute(tables["gemel_embeddings"].insert(), [embedding(row) for row in former])
    if connection.dialect.name == "postgresql":
        for name in FORMER:
            number_on(connection, name)


def model(row: dict[str, Any]) -> dict[str, Any]:
    """Return the model of format 1 as one of format 2."""
    return {**{key: row[key] for key in ("id", "fingerprint", "name", "dimensions")}, "active": True}


def reference(row: dict[str, Any]) -> dict[str, Any]:
    """Return a reference of format 1 as one of format 2; its picture was not kept."""
    kept = {key: row[key] for key in ("id", "class_id", "sha256", "source")}
    return {**kept, "enrolled": row["enrolled"], "who": "", "warnings": []}


def embedding(row: dict[str, Any]) -> dict[str, Any]:
    """Return the embedding in a reference of format 1."""
    values = np.frombuffer(row["embedding"], "<f4")
    return {"model_id": row["model_id"], "reference_id": row["id"], "embedding": values}


def reflected(connection: sa.Connection, name: str) -> sa.Table:
    """Return the table with the kinds of columns that cannot be read off the database."""
    kinds: dict[str, list[sa.Column[Any]]] = {
        "gemel_embeddings": [sa.Column("embedding", Embedding)],
        "gemel_references": [sa.Column("enrolled", UtcTime), sa.Column("warnings", sa.JSON)],
    }
    return sa.Table(name, sa.MetaData(), *kinds.get(name, []), autoload_with=connection, resolve_fks=False)


def batches(connection: sa.Connection, name: str) -> Iterator[list[dict[str, Any]]]:
    """Yield a table's rows in the order of their numbers, some at once."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
    ordered = sa.select(table).order_by(table.c.id).limit(BATCH)
    last = -1
    while found := [dict(row) for row in connection.execute(ordered.where(table.c.id > last)).mappings()]:
        yield found
        last = found[-1]["id"]


def number_on(connection: sa.Connection, name: str) -> None:
    """Let PostgreSQL number new rows after those that were moved."""
    connection.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))
