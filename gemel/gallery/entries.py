"""What a gallery tells of its classes and references."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from gemel.errors import DataError

T = TypeVar("T", bound="Entry")

#: A page holds no more.
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Entry:
    """Something told of."""

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {name: plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Enrolment(Entry):
    """What became of an item.

    Attributes:
        reference: the reference's number.
        label: its class.
        fresh: False where the class held the very picture already.
        warnings: what speaks against a fresh picture; it is enrolled all the same.
    """

    reference: int
    label: str
    fresh: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ClassEntry(Entry):
    """A class.

    Attributes:
        references: how many it has.
        cover: the number of its first reference.
        threshold: its own, where one was set.
    """

    label: str
    references: int
    cover: int
    threshold: float | None


@dataclass(frozen=True)
class Reference(Entry):
    """A labelled example.

    Attributes:
        source: where it came from, in words.
        who: who enrolled it.
        enrolled: when.
        quality: how sharp the picture is, see ``gemel.gallery.quality``; None where that was not measured.
        warnings: what was told when it was enrolled.
        has_original: whether the picture is kept as it came.
    """

    id: int
    label: str
    source: str
    who: str
    enrolled: datetime
    quality: float | None
    warnings: tuple[str, ...]
    has_original: bool


@dataclass(frozen=True)
class Hit(Entry):
    """A reference that was found: its score with what was searched for, and the probability of one class."""

    reference: int
    label: str
    score: float
    probability: float


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list: ``items`` of the ``total``, those of page number ``page`` (from 1) of ``size`` each."""

    items: tuple[T, ...]
    total: int
    page: int
    size: int

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {
            "items": [item.to_json() for item in self.items],
            "total": self.total,
            "page": self.page,
            "size": self.size,
        }


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: times in ISO 8601, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def checked_page(page: int, size: int) -> None:
    """Raise a DataError unless there can be such a page."""
    if page < 1 or not 1 <= size <= LARGEST_PAGE:
        raise DataError(f"Page {page} of {size} is asked for; pages count from 1 and hold 1 to {LARGEST_PAGE}.")
