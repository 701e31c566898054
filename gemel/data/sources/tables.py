"""What the two kinds of CSV file have in common."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from gemel.errors import DataError

_DELIMITERS = ",;\t"


def read_header(path: Path) -> tuple[list[str], str]:
    """Return the column names, in lower case, and the character between them.

    Raises:
        DataError: the file is missing, empty or not a text.
    """
    line = next(_lines(path), "")
    if not line.strip():
        raise DataError(f"{path} does not begin with a line of column names, such as path,label")
    delimiter = max(_DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    return [name.strip().lower() for name in names], delimiter


def read_rows(path: Path, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows below the header.

    Raises:
        DataError: a row is not CSV.
    """
    rows = csv.reader(_lines(path), delimiter=delimiter)
    try:
        next(rows, None)
        yield from rows
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: {error}") from error


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a UTF-8 text; save it as CSV in UTF-8") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from error
