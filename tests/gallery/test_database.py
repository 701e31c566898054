"""What tells one database from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from gemel.gallery.database import identity


def test_a_file_is_itself_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = ["parts.db", Path("parts.db"), "sqlite:///parts.db", f"sqlite:///{tmp_path}/parts.db", "x/../parts.db"]
    assert {identity(address) for address in written} == {str(tmp_path.resolve() / "parts.db")}


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        monkeypatch.chdir(folder)
        found.add(identity("parts.db"))
    assert len(found) == 2


def test_memory_is_a_process_s_own_and_a_server_s_database_keeps_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = identity("sqlite://")
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert identity("sqlite:///:memory:") != mine
    assert identity("postgresql+psycopg://me:secret@host/parts") == "postgresql+psycopg://me:***@host/parts"
