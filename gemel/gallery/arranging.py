"""Classes and references put in another order: what to do inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from gemel.errors import DataError
from gemel.gallery.labels import checked_label
from gemel.gallery.listing import class_named, known_class
from gemel.gallery.tables import ClassRow, ReferenceRow

#: Numbers in one query.
BATCH = 500


def rename(session: Session, label: str, to: str) -> None:
    """Give a class another label; where another class has it, the two become that one.

    Raises:
        DataError: there is no such class, or the label is none.
    """
    owner, other = known_class(session, label), class_named(session, checked_label(to))
    if other is None:
        owner.label = checked_label(to)
    elif other.id != owner.id:
        hand_over(session, list(session.scalars(numbers_of(owner))), other)
        drop_empty(session)


def move(session: Session, references: Sequence[int], to: str) -> int:
    """Move references to a class, new or not, and return how many are of it now that were not before.

    Raises:
        DataError: a reference is not there, or the label is none.
    """
    check_there(session, references)
    target = class_for(session, to)
    moved = hand_over(session, references, target)
    drop_empty(session)
    return moved


def remove_class(session: Session, label: str) -> int:
    """Remove a class with its references, and return how many those were.

    Raises:
        DataError: there is no such class.
    """
    owner = known_class(session, label)
    count = session.scalar(select(func.count()).select_from(numbers_of(owner).subquery())) or 0
    session.execute(delete(ClassRow).where(ClassRow.id == owner.id))  # the references go with it
    return count


def remove_references(session: Session, references: Sequence[int]) -> int:
    """Remove references, and classes left without one; return how many references those were.

    Raises:
        DataError: a reference is not there.
    """
    numbers = check_there(session, references)
    for some in batches(numbers):
        session.execute(delete(ReferenceRow).where(ReferenceRow.id.in_(some)))
    drop_empty(session)
    return len(numbers)


def class_for(session: Session, label: str) -> ClassRow:
    """Return the class of that label, made if need be.

    Raises:
        DataError: the label is none.
    """
    row = class_named(session, checked_label(label))
    if row is None:
        row = ClassRow(label=checked_label(label))
        session.add(row)
        session.flush()
    return row


def hand_over(session: Session, references: Sequence[int], to: ClassRow) -> int:
    """Make references those of a class; a picture that it holds already goes instead. Return how many came to it."""
    held = set(session.scalars(select(ReferenceRow.sha256).where(ReferenceRow.class_id == to.id)))
    came = 0
    for some in batches(sorted(set(references))):
        of_others = select(ReferenceRow.id, ReferenceRow.sha256).where(
            ReferenceRow.id.in_(some), ReferenceRow.class_id != to.id
        )
        for number, digest in session.execute(of_others.order_by(ReferenceRow.id)).all():
            chosen = ReferenceRow.id == number
            if digest in held:
                session.execute(delete(ReferenceRow).where(chosen))
            else:
                session.execute(update(ReferenceRow).where(chosen).values(class_id=to.id))
                came += 1
            held.add(digest)
    return came


def check_there(session: Session, references: Sequence[int]) -> list[int]:
    """Return the numbers, each once, ascending; a DataError is raised if one is no reference's."""
    numbers = sorted(set(references))
    there: set[int] = set()
    for some in batches(numbers):
        there.update(session.scalars(select(ReferenceRow.id).where(ReferenceRow.id.in_(some))))
    lacking = [number for number in numbers if number not in there]
    if lacking:
        raise DataError(f"There is no reference {lacking[0]}.")
    return numbers


def drop_empty(session: Session) -> None:
    """Remove classes that have no reference left."""
    has_one = select(ReferenceRow.id).where(ReferenceRow.class_id == ClassRow.id).exists()
    session.execute(delete(ClassRow).where(~has_one))


def numbers_of(owner: ClassRow) -> Select[int]:
    """Return the query for the numbers of a class's references."""
    return select(ReferenceRow.id).where(ReferenceRow.class_id == owner.id)


def batches(numbers: Sequence[int]) -> list[Sequence[int]]:
    """Return the numbers some at once."""
    return [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
