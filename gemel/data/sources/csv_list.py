"""A list of pictures in a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from gemel.data.sources.files import FileSource, hashed
from gemel.data.sources.scan import listed
from gemel.data.sources.source import Listing, Skipped
from gemel.data.sources.tables import read_header, read_rows
from gemel.errors import DataError, InputError, did_you_mean


class CsvList(FileSource):
    """The pictures that a CSV file names: columns ``path``, ``label`` and, if wanted, ``group``.

    Paths are relative to the CSV file's folder. The class is ``label``, or ``group/label`` where there is a group.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name

    @cached_property
    def listing(self) -> Listing:
        rows, skipped = self._read
        if not rows:
            advice = f"; the first: {skipped[0].name}: {skipped[0].reason}" if skipped else ""
            raise DataError(f"{self.path} lists no picture that is there ({len(skipped)} rows left out{advice})")
        return listed(rows.keys(), rows.values(), skipped)

    @property
    def fingerprint(self) -> str:
        rows, _ = self._read
        status = {name: (self.path.parent / name).stat() for name in rows}
        return hashed(
            ("csv", *((name, path, status[name].st_size, status[name].st_mtime_ns) for name, path in rows.items()))
        )

    def content(self, index: int) -> bytes:
        name = self.listing.names[index]
        try:
            return (self.path.parent / name).read_bytes()
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror})") from error

    @cached_property
    def _read(self) -> tuple[dict[str, str], list[Skipped]]:
        """Return each picture's path -> its class, and the rows left out."""
        rows: dict[str, str] = {}
        skipped: list[Skipped] = []
        for number, (name, path) in enumerate(self._rows(), start=2):
            reason = "listed twice" if name in rows else self._why_not(name, path)
            if reason:
                skipped.append(Skipped(name or f"line {number}", reason))
            else:
                rows[name] = path
        return rows, skipped

    def _rows(self) -> Iterator[tuple[str, str]]:
        """Yield each row's path and class."""
        columns, delimiter = read_header(self.path)
        for needed in ("path", "label"):
            if needed not in columns:
                raise DataError(f"{self.path} has no column '{needed}'.{did_you_mean(needed, columns)}")
        for row in read_rows(self.path, delimiter):
            cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
            label, group = cells.get("label", ""), cells.get("group", "")
            if any(cells.values()):
                yield cells.get("path", ""), f"{group}/{label}" if group and label else label

    def _why_not(self, name: str, path: str) -> str:
        if not name or not path:
            return "no path" if not name else "no label"
        try:
            return "" if (self.path.parent / name).is_file() else "no such file"
        except (OSError, ValueError) as error:  # a name too long, or with a null character
            return f"no such file ({error})"
