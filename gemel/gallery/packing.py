"""Where a gallery is written out to and read from: a folder, or a zip."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from gemel.data.sources.archive import open_zip, read_entry, why_refused
from gemel.errors import DataError
from gemel.files import replacing

#: A picture that unpacks to more bytes is refused.
MOST_BYTES = 100_000_000


class Package(Protocol):
    """Files by their paths, with "/" between the parts."""

    def write(self, name: str, data: bytes) -> None:
        """Add a file."""

    def add(self, name: str, path: Path) -> None:
        """Add a file that is there already."""

    def check(self, name: str) -> None:
        """Raise a DataError unless the file is there, and may be read."""

    def read(self, name: str) -> bytes:
        """Return a file; see ``check``."""

    def holds(self, name: str) -> bool:
        """Return whether a file is there."""


class FolderPackage:
    """Files in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, data: bytes) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def add(self, name: str, path: Path) -> None:
        with replacing(self.path / name) as temporary:
            temporary.write_bytes(path.read_bytes())

    def check(self, name: str) -> None:
        file = self.path / checked_path(name)
        if not file.resolve().is_relative_to(self.path.resolve()):
            raise DataError(f"'{name}' leads out of {self.path}; only files in it are read.")
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            raise DataError(f"{self.path} has no file '{name}' of at most {MOST_BYTES // 1_000_000} MB.")

    def read(self, name: str) -> bytes:
        self.check(name)
        return (self.path / name).read_bytes()

    def holds(self, name: str) -> bool:
        return (self.path / name).is_file()


class ZipPackage:
    """Files in a zip."""

    def __init__(self, archive: zipfile.ZipFile, where: Path) -> None:
        self.archive = archive
        self.where = where

    def write(self, name: str, data: bytes) -> None:
        self.archive.writestr(name, data)

    def add(self, name: str, path: Path) -> None:
        self.archive.write(path, name, zipfile.ZIP_DEFLATED)

    def check(self, name: str) -> None:
        if not self.holds(checked_path(name)):
            raise DataError(f"{self.where} has no file '{name}'.")
        reason = why_refused(self.archive.getinfo(name))
        if reason:
            raise DataError(f"'{name}' in {self.where} is refused: {reason}.")

    def read(self, name: str) -> bytes:
        self.check(name)
        return read_entry(self.archive, self.archive.getinfo(name))

    def holds(self, name: str) -> bool:
        return name in self.archive.NameToInfo


def checked_path(name: str) -> str:
    """Return a path within a package.

    Raises:
        DataError: it leads elsewhere.
    """
    parts = name.replace("\\", "/").split("/")
    if not name or "\0" in name or ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise DataError(f"'{name}' is no path within a folder; a file's path below it is expected.")
    return name


@contextmanager
def written(path: Path) -> Iterator[Package]:
    """Give what to write to: a zip, whole or not at all; or a folder, new or empty.

    Raises:
        DataError: the folder is not empty, or is a file.
    """
    if path.suffix.lower() == ".zip":
        with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            yield ZipPackage(archive, path)
        return
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(f"{path} is there already; give a new or an empty folder, or a file ending in .zip or .csv.")
    path.mkdir(parents=True, exist_ok=True)
    yield FolderPackage(path)


@contextmanager
def read(path: Path) -> Iterator[Package | None]:
    """Give what to read from; None where it is neither a folder nor a zip.

    Raises:
        DataError: the zip is damaged.
    """
    if path.is_dir():
        yield FolderPackage(path)
    elif path.suffix.lower() == ".zip" or (path.is_file() and zipfile.is_zipfile(path)):
        with open_zip(path) as archive:
            yield ZipPackage(archive, path)
    else:
        yield None
