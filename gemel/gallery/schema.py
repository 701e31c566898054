"""A database -> the same with a gallery's tables, as this Gemel knows them."""

from __future__ import annotations

import threading
from importlib.resources import files

from sqlalchemy import Connection, Engine, inspect, text

from gemel.errors import ModelError
from gemel.gallery.tables import FORMAT

#: Alembic's folder.
MIGRATIONS = files("gemel.gallery") / "migrations"

#: Where the database tells its format, for Alembic.
FORMAT_TABLE = "gemel_format"

#: Of PostgreSQL's advisory locks, the one that the migrating process holds ("gemel" as a number).
LOCK = 0x67656D656C

#: Alembic is told what it works on by a global name.
ALEMBIC = threading.Lock()


def brought_up(engine: Engine, where: str) -> None:
    """Make the tables, or bring older ones up to date, in one transaction; processes take turns.

    Raises:
        ModelError: a newer Gemel made them.
    """
    with engine.connect() as connection:
        found = format_of(connection)
        if found < FORMAT:
            connection.rollback()
            take_turns(connection)
            found = format_of(connection)
            migrate(connection, found)
            connection.commit()
    if found > FORMAT:
        raise ModelError(f"{where} has format {found}; this Gemel reads {FORMAT}. Install the Gemel that wrote it.")


def format_of(connection: Connection) -> int:
    """Return the format of the tables: 0 where there are none, 1 where they are older than migrations."""
    tables = inspect(connection)
    if tables.has_table(FORMAT_TABLE):
        return int(connection.execute(text(f"SELECT version_num FROM {FORMAT_TABLE}")).scalar_one())
    return 1 if tables.has_table("gemel_models") else 0


def take_turns(connection: Connection) -> None:
    """Begin a transaction that no other process's migration runs beside."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(connection: Connection, found: int) -> None:
    """Run the migrations after format ``found``."""
    from alembic import command  # a fifth of a second that a gallery of today's format need not wait
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with ALEMBIC:
        if found == 1:
            command.stamp(config, "1")
        if found < FORMAT:
            command.upgrade(config, "head")
