"""A gallery's settings: JSON values by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from gemel.gallery.tables import SettingRow

#: The score from which an item is of a class of the gallery, where one was set.
THRESHOLD = "threshold"


def setting(session: Session, key: str) -> Any:
    """Return a setting's value; None where there is none."""
    row = session.get(SettingRow, key)
    return row and row.value


def put(session: Session, key: str, value: Any) -> None:
    """Set a setting; None removes it. The session is committed by whoever began it."""
    row = session.get(SettingRow, key)
    if value is None:
        if row is not None:
            session.delete(row)
    else:
        session.merge(SettingRow(key=key, value=value))
