import os
from pathlib import Path

import pytest

from gemel.data.sources import Folder
from gemel.errors import DataError, InputError
from tests.data.sources.made_up import PNG, skipped, write


def test_links_pipes_and_loops(tmp_path: Path) -> None:
    write(tmp_path / "set", "a/1.png")
    write(tmp_path / "elsewhere", "1.png")
    (tmp_path / "set/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set/a/loop").symlink_to(tmp_path / "set")
    (tmp_path / "set/a/broken.png").symlink_to(tmp_path / "absent.png")
    os.mkfifo(tmp_path / "set/a/pipe.png")
    source = Folder(tmp_path / "set")
    assert source.listing.classes == ("a", "linked")
    assert skipped(source) == {
        "a/broken.png": "not a regular file (a broken link, a pipe or a device)",
        "a/loop/": "a link to a folder that is read already",
        "a/pipe.png": "not a regular file (a broken link, a pipe or a device)",
    }


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/set/caf\xe9"
    os.makedirs(folder)  # noqa: PTH103 - a path of bytes
    Path(os.fsdecode(folder + b"/1.png")).write_bytes(PNG)
    source = Folder(tmp_path / "set")
    assert source.image(0).size == (12, 10)
    assert source.fingerprint


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    write(tmp_path, "a/1.png")
    source = Folder(tmp_path)
    assert len(source.listing) == 1
    (tmp_path / "a/1.png").unlink()
    with pytest.raises(InputError, match=r"a/1\.png cannot be read"):
        source.image(0)


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="absent does not exist"):
        _ = Folder(tmp_path / "absent").listing


def test_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    write(tmp_path, "a/1.png")
    former = Folder(tmp_path).fingerprint
    assert Folder(tmp_path).fingerprint == former
    write(tmp_path, "a/2.png")
    assert Folder(tmp_path).fingerprint != former
