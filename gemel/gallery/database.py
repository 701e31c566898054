"""A gallery's address -> its database, opened so that what is committed stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from gemel.errors import DataError
from gemel.gallery.schema import brought_up

#: Seconds that a writer waits for another.
PATIENCE = 30


def url_of(address: str | Path) -> URL:
    """Return a database's URL; a bare path is an SQLite file.

    Raises:
        DataError: it looks like a URL and is none.
    """
    text = str(address)
    try:
        return make_url(text) if "://" in text else URL.create("sqlite", database=text)
    except SQLAlchemyError as error:
        raise DataError(f"'{text}' is no database; give a file, or a URL such as sqlite:///parts.db.") from error


def identity(address: str | Path) -> str:
    """Return what tells a database from others on this machine; one in memory is its process's."""
    url = url_of(address)
    if not is_sqlite(url):
        return url.render_as_string()
    in_memory = url.database in (None, "", ":memory:")
    return f"memory of {os.getpid()}" if in_memory else str(Path(str(url.database)).resolve())


def check_exists(address: str | Path) -> None:
    """Raise a DataError where the address is that of an SQLite file which is not there."""
    url = url_of(address)
    if is_sqlite(url) and url.database not in (None, "", ":memory:") and not Path(str(url.database)).is_file():
        raise DataError(f"There is no gallery {shown(url)}; enrol something first, or give another file or URL.")


def opened(address: str | Path) -> Engine:
    """Return the database with a gallery's tables in it, made or brought up to date if need be.

    Raises:
        DataError: it cannot be opened.
        ModelError: a newer Gemel made it.
    """
    url = url_of(address)
    with explained(url):
        try:
            engine = create_engine(url, **_sqlite_options(url)) if is_sqlite(url) else create_engine(url)
        except ImportError as error:
            raise DataError(f"{shown(url)} needs a driver that is not installed ({error}); install it.") from error
        if is_sqlite(url):
            event.listen(engine, "connect", _prepare_sqlite)
        try:
            brought_up(engine, shown(url))
        except Exception:
            engine.dispose()
            raise
    return engine


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn the database's errors inside the block into a ``DataError`` of one line."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise DataError(f"The gallery {shown(url)} cannot be used: {str(reason).splitlines()[0]}.") from error


def shown(url: URL) -> str:
    """Return the address for a message: an SQLite file's path, or the URL without its password."""
    return str(url.database or "in memory") if is_sqlite(url) else url.render_as_string(hide_password=True)


def is_sqlite(url: URL) -> bool:
    """Return whether the database is SQLite's."""
    return url.get_backend_name() == "sqlite"


def _sqlite_options(url: URL) -> dict[str, Any]:
    """Return how to connect; a database in memory has one connection, which threads take in turn."""
    arguments = {"timeout": PATIENCE, "check_same_thread": False}
    in_memory = url.database in (None, "", ":memory:")
    pool = {"pool_size": 1, "max_overflow": 0} if in_memory else {}
    return {"connect_args": arguments, "poolclass": QueuePool, **pool}


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Check foreign keys; let readers go on beside a writer; commit only once the disk has it."""
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").close()
