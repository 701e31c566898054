"""A gallery -> a folder, a zip or a list."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, undefer

from gemel.files import replacing
from gemel.gallery.manifest import ABOUT, LINES, About, Line, folder_of, write_lines
from gemel.gallery.packing import Package, written
from gemel.gallery.pictures import ending
from gemel.gallery.settings import THRESHOLD, setting
from gemel.gallery.store import Store
from gemel.gallery.tables import ClassRow, EmbeddingRow, ModelRow, ReferenceRow

#: References read at once.
BATCH = 32

Progress = Callable[[int, int], None]


def export(store: Store, path: str | Path, progress: Progress = lambda done, total: None) -> int:
    """Write a whole gallery out, as it is at one moment, and return the number of references.

    It is a folder, or a zip of it: a folder of pictures a class, which is a data set of its own; ``gallery.csv`` with a
    line a reference, embedding and all; ``gallery.json`` with model and thresholds. A ``.csv`` alone is that list
    without pictures.

    Args:
        store: the gallery's database.
        path: a new or empty folder, or a file ending in .zip or .csv, which is replaced.
        progress: called with (references done, references in all).

    Raises:
        DataError: the folder is not empty.
    """
    path = Path(path)
    with store.reading(snapshot=True) as session:
        model = session.get_one(ModelRow, store.model_id)
        if path.suffix.lower() == ".csv":
            with _replaced_text(path) as file:
                return write_all(session, model, file, None, progress)
        with written(path) as package, tempfile.TemporaryDirectory() as folder:
            lines = Path(folder) / LINES
            with lines.open("w", encoding="utf-8", newline="") as file:
                total = write_all(session, model, file, package, progress)
            package.add(LINES, lines)
            package.write(ABOUT, about(session, model, total).text().encode())
    return total


def write_all(session: Session, model: ModelRow, file: TextIO, package: Package | None, progress: Progress) -> int:
    """Write every reference, its picture into the package, and return how many those are."""
    total = session.scalar(select(func.count()).select_from(ReferenceRow)) or 0
    write_lines(file, lines_of(session, model, package, total, progress))
    return total


def lines_of(
    session: Session, model: ModelRow, package: Package | None, total: int, progress: Progress
) -> Iterator[Line]:
    """Yield every reference, writing its picture into the package."""
    number, fingerprint = model.id, model.fingerprint
    last = done = 0
    while found := rows_after(session, number, last, package is not None):
        for row, label, embedding in found:
            picture = row.original or row.thumbnail if package is not None else None
            file = f"{folder_of(label)}/{row.id:08d}{ending(picture)}" if picture else ""
            if package is not None and picture:
                package.write(file, picture)
            yield Line(
                label=label,
                file=file,
                original=bool(picture and row.original),
                source=row.source,
                who=row.who,
                enrolled=row.enrolled,
                quality=row.quality,
                warnings=tuple(row.warnings),
                sha256=row.sha256,
                model=fingerprint,
                embedding=embedding,
            )
            session.expunge(row)
        last, done = found[-1][0].id, done + len(found)
        progress(done, total)


def rows_after(
    session: Session, model_id: int, last: int, pictures: bool
) -> Sequence[Row[ReferenceRow, str, np.ndarray]]:
    """Return the next references after number ``last``."""
    query = select(ReferenceRow, ClassRow.label, EmbeddingRow.embedding).join(ClassRow)
    query = query.join(EmbeddingRow, EmbeddingRow.reference_id == ReferenceRow.id)
    query = query.where(EmbeddingRow.model_id == model_id, ReferenceRow.id > last)
    if pictures:
        query = query.options(undefer(ReferenceRow.thumbnail), undefer(ReferenceRow.original))
    return session.execute(query.order_by(ReferenceRow.id).limit(BATCH)).all()


def about(session: Session, model: ModelRow, total: int) -> About:
    """Return what is told of the gallery as a whole."""
    own = select(ClassRow.label, ClassRow.threshold).where(ClassRow.threshold.is_not(None))
    thresholds = {label: value for label, value in session.execute(own) if value is not None}
    return About(model.fingerprint, model.name, model.dimensions, total, setting(session, THRESHOLD), thresholds)


@contextmanager
def _replaced_text(path: Path) -> Iterator[TextIO]:
    """Give a text file that takes the path's place when it is whole."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        yield file
