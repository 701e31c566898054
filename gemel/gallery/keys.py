"""API keys: made once, shown once, kept as digests."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gemel.errors import DataError, did_you_mean
from gemel.gallery.columns import now
from gemel.gallery.database import explained
from gemel.gallery.tables import AuditRow, KeyRow

#: What a key allows; each allows what those before it do.
Scope = Literal["read", "enrol", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

#: What keys begin with, so that a lost one is recognised.
PREFIX = "gemel_"

#: Who makes and revokes keys, in the log of changes: whoever has the database.
MAKER = "local"

#: Bytes of a key drawn by the system's generator.
BYTES = 32


@dataclass(frozen=True)
class Key:
    """A key as a list shows it; what it is itself was told once, when it was made."""

    id: int
    name: str
    scope: Scope
    made: datetime
    revoked: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        times = {"made": self.made.isoformat(), "revoked": self.revoked and self.revoked.isoformat()}
        return {**asdict(self), **times}


class Keys:
    """The keys of a gallery.

    A key is 256 random bits, so that its SHA-256, unsalted, cannot be searched back; nothing else is kept.

    Args:
        engine: the gallery's database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, scope: str) -> str:
        """Return a new key, which nobody can be told again.

        Raises:
            DataError: the scope is unknown, or the name is empty or not printable.
        """
        if scope not in SCOPES:
            raise DataError(f"Unknown scope '{scope}'.{did_you_mean(scope, SCOPES)}")
        if not name.strip() or not name.isprintable():
            raise DataError(f"The key's name is {name!r}; some printable characters are expected.")
        key = PREFIX + secrets.token_urlsafe(BYTES)
        with explained(self._engine.url), Session(self._engine) as session, session.begin():
            session.add(KeyRow(name=name, digest=digest_of(key), scope=scope))
            session.add(AuditRow(who=MAKER, action="create key", detail={"name": name, "scope": scope}))
        return key

    def who(self, key: str) -> tuple[str, Scope] | None:
        """Return a key's name and scope, or None where it is unknown or revoked."""
        valid = select(KeyRow.name, KeyRow.scope).where(KeyRow.digest == digest_of(key), KeyRow.revoked.is_(None))
        with explained(self._engine.url), self._engine.connect() as connection:
            found = connection.execute(valid).one_or_none()
            return (found.name, found.scope) if found else None

    def revoke(self, name: str) -> int:
        """Let no key of a name be accepted any longer, and return how many those were.

        Raises:
            DataError: there is no such key.
        """
        with explained(self._engine.url), Session(self._engine) as session, session.begin():
            names = list(session.scalars(select(KeyRow.name).where(KeyRow.revoked.is_(None))))
            if name not in names:
                raise DataError(f"There is no key '{name}'.{did_you_mean(name, names)}")
            valid = select(KeyRow).where(KeyRow.name == name, KeyRow.revoked.is_(None))
            rows = list(session.scalars(valid))
            for row in rows:
                row.revoked = now()
            session.add(AuditRow(who=MAKER, action="revoke key", detail={"name": name, "keys": len(rows)}))
        return len(rows)

    def listed(self) -> list[Key]:
        """Return all keys, the oldest first; revoked ones are among them."""
        with explained(self._engine.url), Session(self._engine) as session:
            rows = session.scalars(select(KeyRow).order_by(KeyRow.id))
            return [Key(row.id, row.name, row.scope, row.made, row.revoked) for row in rows]  # type: ignore[arg-type]

    def __len__(self) -> int:
        """Return how many keys were ever made; from the first on, nobody is let in without one."""
        with explained(self._engine.url), self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(KeyRow)) or 0


def digest_of(key: str) -> str:
    """Return the SHA-256 of a key, as hexadecimal text."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
