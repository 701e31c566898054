from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gemel.errors import DataError
from gemel.gallery.database import opened
from gemel.gallery.keys import Keys


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    database = opened(tmp_path / "keys.db")
    yield database
    database.dispose()


def test_a_key_is_known_until_it_is_revoked(engine):
    keys = Keys(engine)
    assert len(keys) == 0
    key = keys.create("scanner", "enrol")
    assert keys.who(key) == ("scanner", "enrol")
    assert keys.who(key + "x") is None
    assert keys.who("") is None
    assert keys.who("\udcff") is None  # what no header can hold
    assert keys.revoke("scanner") == 1
    assert keys.who(key) is None
    assert len(keys) == 1  # it was made


def test_keys_are_long_and_never_twice_the_same(engine):
    keys = Keys(engine)
    made = {keys.create("many", "read") for _ in range(5)}
    assert len(made) == 5
    assert all(key.startswith("gemel_") and len(key) == 6 + 43 for key in made)
    assert keys.revoke("many") == 5


def test_nothing_of_a_key_is_on_disk(tmp_path, engine):
    key = Keys(engine).create("scanner", "read")
    engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("keys.db*"))
    assert b"scanner" in kept
    assert key.encode() not in kept
    assert key[6:30].encode() not in kept


def test_the_list_tells_names_and_scopes(engine):
    keys = Keys(engine)
    keys.create("a", "read")
    keys.create("b", "admin")
    keys.revoke("a")
    first, second = (key.to_json() for key in keys.listed())
    assert (first["name"], first["scope"], first["revoked"] is None) == ("a", "read", False)
    assert (second["name"], second["scope"], second["revoked"]) == ("b", "admin", None)
    assert "digest" not in first


def test_what_does_not_fit_is_refused(engine):
    keys = Keys(engine)
    with pytest.raises(DataError, match=r"^Unknown scope 'enroll'\. Did you mean 'enrol'\?$"):
        keys.create("a", "enroll")
    for name in ("", " ", "a\nb", "\x00"):
        with pytest.raises(DataError, match=r"printable characters are expected"):
            keys.create(name, "read")
    keys.create("scanner", "read")
    with pytest.raises(DataError, match=r"^There is no key 'scaner'\. Did you mean 'scanner'\?$"):
        keys.revoke("scaner")
