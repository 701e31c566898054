"""A zip, or several, of class folders."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from gemel.data.sources.files import FileSource, hashed
from gemel.data.sources.scan import scan
from gemel.data.sources.source import Listing, Skipped
from gemel.errors import DataError, InputError

#: An entry that unpacks to more bytes is left out.
MOST_BYTES = 200_000_000

#: So is one above 10 MB that unpacks to more than so many times what is stored: pictures hardly shrink in a zip.
MOST_RATIO = 200
_BOMB_BYTES = 10_000_000

_ENCRYPTED = 0x1

#: Python unpacks the other methods whole before it looks at the promised size.
_BOUNDED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ZipArchive(FileSource):
    """The pictures in a zip, read where it lies: nothing is unpacked to disk.

    Args:
        path: the zip; or several, which count as one folder.
    """

    def __init__(self, path: str | Path | Sequence[str | Path]) -> None:
        self.paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
        self.name = self.paths[0].name

    @cached_property
    def listing(self) -> Listing:
        where = " and ".join(map(str, self.paths))
        return scan(self._entries, where, self._left_out)

    @property
    def fingerprint(self) -> str:
        entries = (entry for archive in self._archives for entry in archive.infolist())
        return hashed(("zip", *(f"{entry.filename} {entry.file_size} {entry.CRC}" for entry in entries)))

    def content(self, index: int) -> bytes:
        archive, entry = self._entries[self.listing.names[index]]
        return read_entry(archive, entry)

    @cached_property
    def _archives(self) -> list[zipfile.ZipFile]:
        return [open_zip(path) for path in self.paths]

    @cached_property
    def _sorted_out(self) -> tuple[dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]], list[Skipped]]:
        entries: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
        left_out: list[Skipped] = []
        for archive in self._archives:
            for entry in archive.infolist():
                name = entry.filename.replace("\\", "/")
                if name.endswith("/"):
                    continue
                reason = why_refused(entry) or ("a second file of the same name" if name in entries else "")
                if reason:
                    left_out.append(Skipped(name, reason))
                else:
                    entries[name] = (archive, entry)
        return entries, left_out

    @property
    def _entries(self) -> dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
        """Each file's path within the zip -> where it is."""
        return self._sorted_out[0]

    @property
    def _left_out(self) -> list[Skipped]:
        return self._sorted_out[1]


def why_refused(entry: zipfile.ZipInfo) -> str:
    """Return why the entry must not be read; "" where it may."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
        return "an unsafe name"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a link"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.compress_type not in _BOUNDED_METHODS:
        return "packed by a method other than store and deflate"
    if entry.file_size > MOST_BYTES:
        return f"too large: unpacks to {entry.file_size // 1_000_000} MB, at most {MOST_BYTES // 1_000_000} MB"
    if entry.file_size > max(_BOMB_BYTES, MOST_RATIO * entry.compress_size):
        return f"suspicious: unpacks to more than {MOST_RATIO} times its stored size"
    return ""


def open_zip(path: Path) -> zipfile.ZipFile:
    """Return the zip, opened.

    Raises:
        DataError: it is missing, not a zip, or damaged.
    """
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except Exception as error:  # a damaged directory raises BadZipFile, struct.error, UnicodeDecodeError, ...
        raise DataError(f"{path} is not a zip, or a damaged one ({error})") from error


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return one file of the zip; no more is unpacked than its entry promises.

    Raises:
        InputError: it is damaged.
    """
    try:
        with archive.open(entry) as file:
            return file.read(entry.file_size + 1)  # read() alone would unpack up to 2 GB first
    except Exception as error:  # zipfile, zlib, bz2 and lzma raise kinds of their own on damaged data
        raise InputError(f"{entry.filename} cannot be unpacked from the zip ({error})") from error
