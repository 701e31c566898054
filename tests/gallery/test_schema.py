from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, func, insert, inspect, select, text
from sqlalchemy.orm import Session

from gemel import Gallery
from gemel.errors import ModelError
from gemel.gallery.database import opened
from gemel.gallery.schema import FORMAT_TABLE, MIGRATIONS, format_of
from gemel.gallery.tables import FORMAT, AttemptRow, ClassRow, EmbeddingRow, ModelRow, ReferenceRow, StateRow, Table

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

#: What a Gemel of format 1 made, as SQLite and as PostgreSQL.
FORMAT_1 = """
CREATE TABLE gemel_models (id {serial} PRIMARY KEY, format INTEGER NOT NULL, fingerprint VARCHAR(64) NOT NULL UNIQUE,
    name VARCHAR NOT NULL, dimensions INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE TABLE gemel_classes (id {serial} PRIMARY KEY, label VARCHAR NOT NULL UNIQUE);
CREATE TABLE gemel_references (id {serial} PRIMARY KEY,
    class_id INTEGER NOT NULL REFERENCES gemel_classes (id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES gemel_models (id), embedding {blob} NOT NULL, source VARCHAR NOT NULL,
    sha256 VARCHAR(64) NOT NULL, enrolled {time} NOT NULL, UNIQUE (class_id, sha256))
"""


def of_format_1(address: str, fingerprint: str, embeddings: np.ndarray) -> None:
    """Make a gallery as a Gemel of format 1 did: the rows of (S, D) in turn of classes "a" and "b"."""
    engine = create_engine(address)
    server = engine.dialect.name == "postgresql"
    kinds = {
        "serial": "SERIAL" if server else "INTEGER",
        "blob": "BYTEA" if server else "BLOB",
        "time": "TIMESTAMPTZ" if server else "DATETIME",
    }
    with engine.begin() as connection:
        for statement in FORMAT_1.format(**kinds).split(";"):
            connection.execute(text(statement))
        known = MetaData()
        known.reflect(connection)
        add = lambda name, *rows: connection.execute(insert(known.tables[name]), rows)  # noqa: E731
        model = {"format": 1, "fingerprint": fingerprint, "name": "tiny", "dimensions": embeddings.shape[1]}
        add("gemel_models", {"id": 1, **model, "version": 7})
        add("gemel_classes", {"id": 1, "label": "a"}, {"id": 2, "label": "b"})
        rows = [
            {"class_id": 1 + n % 2, "model_id": 1, "embedding": row.astype("<f4").tobytes(), "source": f"{n}.png"}
            for n, row in enumerate(embeddings)
        ]
        times = {"enrolled": WHEN}
        add("gemel_references", *({**row, **times, "sha256": f"{n:064d}"} for n, row in enumerate(rows)))
    engine.dispose()


def rows_of(engine: Engine, row: type[Table]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


def test_the_migrations_make_the_tables_of_the_code(address):
    engine = opened(address)
    with engine.connect() as connection:
        known = lambda thing, name, kind, *_: name != FORMAT_TABLE  # noqa: E731
        options = {"compare_type": False, "include_object": known}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata) == []
        assert format_of(connection) == FORMAT
    assert rows_of(engine, StateRow) == 1
    engine.dispose()


def test_the_newest_migration_is_the_format():
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_current_head() == str(FORMAT)
    assert [revision.revision for revision in script.walk_revisions()] == [str(n) for n in range(FORMAT, 0, -1)]


def test_a_gallery_of_format_1_is_brought_up(lasting, tiny_model):
    embeddings = np.random.default_rng(0).normal(size=(2503, 16)).astype(np.float32)
    of_format_1(lasting, tiny_model.fingerprint, embeddings)
    with Gallery(lasting, tiny_model) as gallery:
        assert gallery.labels() == ["a", "b"]
        assert len(gallery) == 2503
        with Session(gallery.engine) as session:
            references = session.scalars(select(ReferenceRow).order_by(ReferenceRow.id)).all()
            found = session.scalars(select(EmbeddingRow).order_by(EmbeddingRow.reference_id)).all()
        np.testing.assert_array_equal(np.stack([row.embedding for row in found]), embeddings)
        last = references[2502]
        assert (last.source, last.sha256, last.enrolled) == ("2502.png", f"{2502:064d}", WHEN)
        assert (last.class_id, last.who, last.warnings) == (1, "", [])
        assert "gemel_references_1" not in inspect(gallery.engine).get_table_names()
        gallery.enrol("c", np.eye(20))
        assert len(gallery) == 2504
    with Gallery(lasting, tiny_model) as again:
        assert again.labels() == ["a", "b", "c"]


def test_a_migration_that_fails_leaves_what_was_there(lasting, tiny_model):
    of_format_1(lasting, tiny_model.fingerprint, np.eye(4, 16, dtype=np.float32))
    damage = "UPDATE gemel_references SET embedding = :bytes WHERE id = 4"
    engine = create_engine(lasting)
    with engine.begin() as connection:
        connection.execute(text(damage), {"bytes": b"12345"})
    with pytest.raises(ValueError, match="buffer size must be a multiple of element size"):
        opened(lasting)
    with engine.begin() as connection:
        assert "gemel_format" not in inspect(connection).get_table_names()
        assert connection.execute(text("SELECT count(*) FROM gemel_classes")).scalar() == 2
        connection.execute(text(damage), {"bytes": bytes(64)})
    with Gallery(lasting, tiny_model) as gallery:
        assert len(gallery) == 4
    engine.dispose()


def test_a_newer_gallery_is_refused(lasting):
    engine = opened(lasting)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {FORMAT_TABLE} SET version_num = '3'"))
    engine.dispose()
    with pytest.raises(ModelError, match=r"has format 3; this Gemel reads 2\. Install the Gemel that wrote it\.$"):
        opened(lasting)


def test_processes_make_a_gallery_together(lasting):
    with ThreadPoolExecutor(4) as threads:
        engines = list(threads.map(opened, [lasting] * 4))
    assert [rows_of(engine, StateRow) for engine in engines] == [1] * 4
    for engine in engines:
        engine.dispose()


def test_embeddings_and_times_come_back_to_the_bit(address):
    engine = opened(address)
    values = np.array([np.pi, -1e-30, 3e38, 0.1, 1 / 3, np.nextafter(np.float32(1), 2)], np.float32)
    asked = {"kind": "identify", "decision": "unknown", "score": 0.1, "probability": 0.5, "threshold": 0.25}
    with Session(engine) as session, session.begin():
        session.add(ModelRow(fingerprint="f", name="m", dimensions=6, active=True))
        session.add(AttemptRow(at=WHEN, embedding=values, **asked))
        session.add(AttemptRow(**asked))
    with Session(engine) as session:
        first, second = session.scalars(select(AttemptRow).order_by(AttemptRow.id)).all()
        assert first.at == WHEN
        assert (first.state, first.threshold, first.label) == ("open", 0.25, None)
        np.testing.assert_array_equal(first.embedding, values)
        assert first.embedding.dtype == np.float32
        assert second.embedding is None
        assert second.at.tzinfo is not None
    engine.dispose()


def test_a_number_is_given_once(address):
    engine = opened(address)
    with Session(engine) as session, session.begin():
        session.add(ClassRow(label="a"))
        session.flush()
        first = session.scalars(select(ClassRow)).one()
        number = first.id
        session.delete(first)
        session.flush()
        second = ClassRow(label="b")
        session.add(second)
        session.flush()
        assert second.id > number
    engine.dispose()
