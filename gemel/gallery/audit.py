"""The log of changes: who did what, and when. It is added to, never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gemel.gallery.database import explained
from gemel.gallery.tables import AuditRow


@dataclass(frozen=True)
class Entry:
    """One change.

    Attributes:
        who: the key's name, or "local".
        action: what was done, such as "rename".
        detail: to what: plain values.
    """

    id: int
    at: datetime
    who: str
    action: str
    detail: Any

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {**asdict(self), "at": self.at.isoformat()}


class Audit:
    """The log of a gallery's changes.

    Args:
        engine: the gallery's database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, who: str, action: str, **detail: Any) -> None:
        """Write down a change; it is on disk when the call returns."""
        with explained(self._engine.url), Session(self._engine) as session, session.begin():
            session.add(AuditRow(who=who, action=action, detail=detail))

    def entries(self, page: int = 1, size: int = 100) -> tuple[list[Entry], int]:
        """Return a page of the changes, the newest first, and how many there are in all."""
        newest = select(AuditRow).order_by(AuditRow.id.desc()).offset((page - 1) * size).limit(size)
        with explained(self._engine.url), Session(self._engine) as session:
            rows = session.scalars(newest)
            found = [Entry(row.id, row.at, row.who, row.action, row.detail) for row in rows]
            return found, session.scalar(select(func.count()).select_from(AuditRow)) or 0
