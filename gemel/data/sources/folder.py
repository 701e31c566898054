"""A folder of class folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from gemel.data.sources.files import FileSource, hashed
from gemel.data.sources.scan import is_clutter, scan
from gemel.data.sources.source import Listing, Skipped
from gemel.errors import DataError, InputError


class Folder(FileSource):
    """The pictures in a folder: every folder below it that holds pictures is a class, its parent the class's group."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.resolve().name

    @cached_property
    def listing(self) -> Listing:
        return scan(self._files, str(self.path), self._left_out)

    @property
    def fingerprint(self) -> str:
        return hashed(("folder", *(f"{name} {size} {time}" for name, (size, time) in sorted(self._files.items()))))

    def content(self, index: int) -> bytes:
        name = self.listing.names[index]
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror})") from error

    @cached_property
    def _walked(self) -> tuple[dict[str, tuple[int, int]], list[Skipped]]:
        if not self.path.is_dir():
            raise DataError(f"{self.path} is not a folder" if self.path.exists() else f"{self.path} does not exist")
        files: dict[str, tuple[int, int]] = {}
        left_out: list[Skipped] = []
        for found in _walk(self.path, "", set()):
            if isinstance(found, Skipped):
                left_out.append(found)
            else:
                files[found[0]] = found[1:]
        return files, left_out

    @property
    def _files(self) -> dict[str, tuple[int, int]]:
        """Each file's path within the folder -> (size, time of its last change)."""
        return self._walked[0]

    @property
    def _left_out(self) -> list[Skipped]:
        return self._walked[1]


def _walk(folder: Path, within: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, int, int] | Skipped]:
    """Yield every regular file below, and what cannot be read; links are followed, but no folder is entered twice."""
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            yield Skipped(within, "a link to a folder that is read already")
            return
        seen.add((status.st_dev, status.st_ino))
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Skipped(within, f"cannot be read ({error.strerror})")
        return
    for entry in entries:
        yield from _entry(entry, f"{within}{entry.name}", seen)


def _entry(entry: os.DirEntry[str], name: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, int, int] | Skipped]:
    if is_clutter(entry.name):
        return
    try:
        if entry.is_dir():
            yield from _walk(Path(entry.path), f"{name}/", seen)
        elif entry.is_file():
            status = entry.stat()
            yield name, status.st_size, status.st_mtime_ns
        else:
            yield Skipped(name, "not a regular file (a broken link, a pipe or a device)")
    except OSError as error:
        yield Skipped(name, f"cannot be read ({error.strerror})")
