"""A gallery's database: transactions, and how often the gallery has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from gemel.errors import DataError, ModelError
from gemel.gallery.claim import active
from gemel.gallery.database import check_exists, explained, is_sqlite, opened, shown
from gemel.gallery.tables import STATE_ID, ModelRow, StateRow

#: Asks how often the gallery has changed.
VERSION = select(StateRow.version).where(StateRow.id == STATE_ID)


class Store:
    """Transactions on a gallery that answers by one model.

    Args:
        engine: the database.
        model_id: the model that must be the active one.
    """

    def __init__(self, engine: Engine, model_id: int) -> None:
        self.engine = engine
        self.model_id = model_id

    @contextmanager
    def reading(self, snapshot: bool = False) -> Iterator[Session]:
        """Give a session to read with; with ``snapshot``, all of its queries see one moment."""
        with explained(self.engine.url), Session(self.engine) as session:
            if snapshot and is_sqlite(self.engine.url):
                session.connection().exec_driver_sql("BEGIN")
            elif snapshot:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def writing(self, arranging: bool = True) -> Iterator[Session]:
        """Give one transaction, committed at the block's end or not at all, and on disk then.

        It begins by raising the version, which makes writers wait for each other, so that what a writer has read stays
        true until it has written, and so that rows become visible in the order of their numbers.

        Args:
            arranging: whether more is done than adding classes and references.
        """
        version = StateRow.version + 1
        raised = {"version": version, "arrangement": version} if arranging else {"version": version}
        with explained(self.engine.url), Session(self.engine) as session, session.begin():
            session.execute(update(StateRow).where(StateRow.id == STATE_ID).values(raised))
            self.check_active(session)
            yield session

    def version(self) -> int:
        """Return how often the gallery has changed, in the fewest steps: every question begins with this one."""
        with explained(self.engine.url), self.engine.connect() as connection:
            return int(connection.scalar(VERSION) or 0)

    def state(self, session: Session) -> tuple[int, int]:
        """Return the version and the arrangement."""
        row = session.execute(select(StateRow.version, StateRow.arrangement).where(StateRow.id == STATE_ID)).one()
        return row.version, row.arrangement

    def check_active(self, session: Session) -> None:
        """Raise a ModelError where the gallery has gone over to another model."""
        owner = active(session)
        if owner is None or owner.id != self.model_id:
            raise ModelError(
                f"{shown(self.engine.url)} has gone over to the model '{owner and owner.name}' meanwhile; open it "
                "again, with that model."
            )


@contextmanager
def kept(address: str | Path) -> Iterator[Store]:
    """Give the store of a gallery that is there, whatever its model: nothing is embedded by it.

    Raises:
        DataError: there is none, or nothing was ever enrolled.
    """
    check_exists(address)
    engine = opened(address)
    try:
        with explained(engine.url), Session(engine) as session:
            owner = active(session)
        if owner is None:
            raise DataError(f"The gallery {shown(engine.url)} is empty; enrol a class first.")
        yield Store(engine, owner.id)
    finally:
        engine.dispose()


def model_of(address: str | Path) -> str:
    """Return where the gallery's model was when it was claimed: its folder.

    Raises:
        DataError: there is no such gallery, or nothing was ever enrolled.
    """
    with kept(address) as store, store.reading() as session:
        return session.get_one(ModelRow, store.model_id).name
