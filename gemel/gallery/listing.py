"""Classes and references as a person goes through them, in pages."""

from __future__ import annotations

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from gemel.errors import DataError, did_you_mean
from gemel.gallery.entries import ClassEntry, Page, Reference, checked_page
from gemel.gallery.tables import ClassRow, ReferenceRow

#: Similar names are looked for among so many.
NAMES = 1000


def class_page(session: Session, page: int, size: int, containing: str) -> Page[ClassEntry]:
    """Return some of the classes whose label contains a text, by their labels."""
    checked_page(page, size)
    found = select(ClassRow)
    if containing:
        found = found.where(ClassRow.label.icontains(containing, autoescape=True))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = session.scalars(found.order_by(ClassRow.label).offset((page - 1) * size).limit(size)).all()
    of_class = ReferenceRow.class_id.in_([row.id for row in rows])
    figures = select(ReferenceRow.class_id, func.count(), func.min(ReferenceRow.id)).where(of_class)
    counts = {owner: (count, cover) for owner, count, cover in session.execute(figures.group_by(ReferenceRow.class_id))}
    return Page(tuple(ClassEntry(row.label, *counts[row.id], row.threshold) for row in rows), total, page, size)


def reference_page(session: Session, label: str | None, page: int, size: int) -> Page[Reference]:
    """Return some of the references, of a class or of all, in the order in which they were enrolled."""
    checked_page(page, size)
    total, found = select(func.count()).select_from(ReferenceRow), references()
    if label is not None:
        owner = known_class(session, label)
        total, found = total.where(ReferenceRow.class_id == owner.id), found.where(ReferenceRow.class_id == owner.id)
    rows = session.execute(found.order_by(ReferenceRow.id).offset((page - 1) * size).limit(size)).all()
    return Page(tuple(map(as_reference, rows)), session.scalar(total) or 0, page, size)


def one_reference(session: Session, number: int) -> Reference:
    """Return a reference by its number.

    Raises:
        DataError: there is none.
    """
    row = session.execute(references().where(ReferenceRow.id == number)).one_or_none()
    if row is None:
        raise DataError(f"There is no reference {number}.")
    return as_reference(row)


def references() -> Select[ReferenceRow, str, bool]:
    """Return the query of what ``as_reference`` takes, without pictures."""
    return select(ReferenceRow, ClassRow.label, ReferenceRow.original.is_not(None)).join(ClassRow)


def as_reference(row: Row[ReferenceRow, str, bool]) -> Reference:
    """Return a row of ``references`` as it is told."""
    kept, label, has_original = row
    seen = (kept.source, kept.who, kept.enrolled, kept.quality, tuple(kept.warnings))
    return Reference(kept.id, label, *seen, has_original)


def known_class(session: Session, label: str) -> ClassRow:
    """Return a class by its label.

    Raises:
        DataError: there is none; the nearest is told.
    """
    row = class_named(session, label)
    if row is None:
        names = session.scalars(select(ClassRow.label).order_by(ClassRow.label).limit(NAMES))
        raise DataError(f"There is no class '{label}'.{did_you_mean(label, names)}")
    return row


def class_named(session: Session, label: str) -> ClassRow | None:
    """Return a class by its label, or None."""
    return session.scalars(select(ClassRow).where(ClassRow.label == label)).one_or_none()
