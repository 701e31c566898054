"""A gallery written out: ``gallery.json`` on the whole, ``gallery.csv`` with a line a reference, and the pictures."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self, TextIO

import numpy as np

from gemel.errors import DataError
from gemel.gallery.labels import checked_label

ABOUT, LINES = "gallery.json", "gallery.csv"

#: Raised when an older Gemel can no longer read what is written.
FORMAT = 1

#: An embedding of 65,536 numbers is a field of 350,000 characters; csv's own limit is 131,072.
LONGEST_FIELD = 2**24

#: What some system forbids in a file's name, and what begins the name of a hidden file.
_UNSAFE = re.compile(r'[\\:*?"<>|%\x00-\x1f]|^[.~]|[. ]$')

#: Bytes of a folder's name; longer ones are cut, and told apart by a hash.
_LONGEST = 200


@dataclass(frozen=True)
class About:
    """The gallery as a whole: its model's fingerprint, its threshold, and those of its classes."""

    model: str
    name: str
    dimensions: int
    references: int
    threshold: float | None
    thresholds: dict[str, float]

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, data: bytes, where: str) -> Self:
        """Return what ``text`` wrote.

        Raises:
            DataError: it is damaged, or a newer Gemel wrote it.
        """
        try:
            told = json.loads(data)
            written = told.pop("format")
            about = cls(**{field.name: told[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(f"{ABOUT} in {where} is damaged ({error}); export the gallery again.") from error
        if written != FORMAT:
            raise DataError(
                f"{where} has format {written}; this Gemel reads {FORMAT}. Install the Gemel that wrote it."
            )
        return about


@dataclass(frozen=True, eq=False)
class Line:
    """A reference.

    Attributes:
        file: the picture's path beside the list; "" where there is none.
        original: whether that is the picture as it came, not a thumbnail.
        model: the fingerprint of the model that embedded it.
        embedding: (D,) float32.
    """

    label: str
    file: str
    original: bool
    source: str
    who: str
    enrolled: datetime
    quality: float | None
    warnings: tuple[str, ...]
    sha256: str
    model: str
    embedding: np.ndarray

    def cells(self) -> dict[str, Any]:
        """Return it as a row: embeddings in base 64, little-endian."""
        values = base64.b64encode(self.embedding.astype("<f4").tobytes()).decode()
        told = {"original": int(self.original), "enrolled": self.enrolled.isoformat(), "embedding": values}
        return {name: getattr(self, name) for name in COLUMNS} | told | {"warnings": json.dumps(self.warnings)}

    @classmethod
    def of(cls, cells: dict[str, str], where: str) -> Self:
        """Return the reference in a row.

        Raises:
            DataError: a value is none of its kind.
        """
        try:
            lacking = [name for name in COLUMNS if cells.get(name) is None]
            if lacking:
                raise ValueError(f"no {lacking[0]}")
            embedding = np.frombuffer(base64.b64decode(cells["embedding"], validate=True), "<f4").astype(np.float32)
            warnings = tuple(map(str, json.loads(cells["warnings"])))
            enrolled = datetime.fromisoformat(cells["enrolled"])
            quality = float(cells["quality"]) if cells["quality"] else None
            if not np.isfinite(embedding).all() or not re.fullmatch("[0-9a-f]{64}", cells["sha256"]):
                raise ValueError("an embedding or a hash is none")
            if enrolled.tzinfo is None:
                raise ValueError("a time without a zone")
        except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
            raise DataError(f"{where} is damaged ({error}); export the gallery again.") from error
        return cls(
            label=checked_label(cells["label"]),
            file=cells["file"],
            original=cells["original"] == "1",
            source=cells["source"],
            who=cells["who"],
            enrolled=enrolled,
            quality=quality,
            warnings=warnings,
            sha256=cells["sha256"],
            model=cells["model"],
            embedding=embedding,
        )


#: The columns of the list.
COLUMNS = tuple(field.name for field in fields(Line))


def write_lines(file: TextIO, lines: Iterable[Line]) -> None:
    """Write the list."""
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(line.cells() for line in lines)


def read_lines(file: TextIO, where: str) -> list[Line]:
    """Return the list's references.

    Raises:
        DataError: a line is damaged, or a label is none.
    """
    former = csv.field_size_limit(LONGEST_FIELD)
    try:
        return [
            Line.of(cells, f"{where}, line {number},") for number, cells in enumerate(csv.DictReader(file), start=2)
        ]
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{where} is no list of references ({error}).") from error
    finally:
        csv.field_size_limit(former)


def folder_of(label: str) -> str:
    """Return the path of the folder for a class's pictures; a name that it could not have is written otherwise."""
    return "/".join(map(_safe, label.split("/")))


def _safe(part: str) -> str:
    safe = _UNSAFE.sub(lambda match: "".join(f"%{ord(sign):02X}" for sign in match.group()), part)
    if len(safe.encode()) <= _LONGEST:
        return safe
    told_apart = hashlib.sha256(part.encode()).hexdigest()[:8]
    return f"{safe.encode()[: _LONGEST - 9].decode(errors='ignore')}~{told_apart}"
