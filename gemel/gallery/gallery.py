"""The enrolled references of some classes, to identify and verify against."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import final, get_args, overload

import torch
from sqlalchemy import select

from gemel.data.items import Item, name_of
from gemel.errors import DataError, did_you_mean
from gemel.gallery import arranging, listing
from gemel.gallery.audit import Audit
from gemel.gallery.checks import Checks
from gemel.gallery.collection import By, Collection, steady
from gemel.gallery.enrolling import candidates
from gemel.gallery.entries import ClassEntry, Enrolment, Hit, Page, Reference
from gemel.gallery.exchange import Exchange
from gemel.gallery.keys import Keys
from gemel.gallery.models import Models
from gemel.gallery.recognising import identified
from gemel.gallery.review import Review
from gemel.gallery.rocchio import rocchio
from gemel.gallery.settings import THRESHOLD, setting
from gemel.gallery.tables import ReferenceRow
from gemel.gallery.thresholds import Thresholds
from gemel.verdicts import Identification, Verdict


@final
class Gallery(Collection):
    """Labelled references in a database, searched in memory or by the server.

        gallery = gemel.Gallery("parts.db", model)
        gallery.enrol("M6 bolt", ["b1.png", "b2.png"])
        gallery.identify("x.png")

    A class is added by its first reference, without training, and gone with its last. Every change is one transaction,
    on disk when the call returns; other processes and threads may read and write the same gallery meanwhile, and see it
    at their next call. Wherever an item is asked about, an embedding (D,) will do as well.

    Args:
        address: an SQLite file, made if need be, or a database's URL: ``"sqlite:///parts.db"``,
            ``"postgresql+psycopg://user@host/parts"`` (with pgvector); ``"sqlite://"`` is in memory.
        model: embeds the items; a gallery keeps to the model that it was made with, until ``models.adopt``.
        originals: whether the pictures are kept as they came, so that another model can be adopted.

    Raises:
        DataError: the database cannot be opened.
        ModelError: the gallery was made with another model, or by a newer Gemel.
    """

    @cached_property
    def keys(self) -> Keys:
        """The keys to a service over this gallery."""
        return Keys(self.engine)

    @cached_property
    def audit(self) -> Audit:
        """The log of changes made through a service."""
        return Audit(self.engine)

    @cached_property
    def thresholds(self) -> Thresholds:
        """Which thresholds are set, and what each does on the gallery's own references."""
        return Thresholds(self)

    @cached_property
    def checks(self) -> Checks:
        """Duplicates and outliers."""
        return Checks(self)

    @cached_property
    def review(self) -> Review:
        """The questions asked and the answers given, for a person to look through."""
        return Review(self)

    @cached_property
    def exchange(self) -> Exchange:
        """Import and export."""
        return Exchange(self)

    @cached_property
    def models(self) -> Models:
        """The models whose embeddings are kept, and how to adopt another."""
        return Models(self)

    @steady
    def enrol(self, label: str, items: Item | list[Item], source: str = "", who: str = "") -> list[Enrolment]:
        """Add an item, or several, to a class, new or not, and return what became of each.

        A picture of the very pixels of one that the class holds is not added again. What speaks against a picture
        (blurred, a near duplicate, unlike its class: see ``gemel.gallery.quality``) is told, and it is added.

        Args:
            label: the class's name.
            items: its examples.
            source: where they came from, in words; their paths by default.
            who: who enrols them.

        Raises:
            InputError: an item is no readable picture; then none is enrolled.
            DataError: the label is none (empty, too long, unprintable), or there is no item.
        """
        listed = items if isinstance(items, list) else [items]
        if not label.strip() or not listed:
            raise DataError(
                f"Class '{label}' with {len(listed)} items came; a name and at least one item are expected."
            )
        return self.enrol_candidates(label, candidates(self.model, listed, source, who, self.originals))

    def classes(self, page: int = 1, size: int = 100, containing: str = "") -> Page[ClassEntry]:
        """Return some of the classes whose label contains a text, by their labels.

        Raises:
            DataError: there is no such page.
        """
        with self.store.reading() as session:
            return listing.class_page(session, page, size, containing)

    def references(self, label: str | None = None, page: int = 1, size: int = 100) -> Page[Reference]:
        """Return some of the references, of a class or of all, in the order in which they were enrolled.

        Raises:
            DataError: there is no such class or page.
        """
        with self.store.reading() as session:
            return listing.reference_page(session, label, page, size)

    def reference(self, number: int) -> Reference:
        """Return a reference by its number.

        Raises:
            DataError: there is none.
        """
        with self.store.reading() as session:
            return listing.one_reference(session, number)

    def thumbnail(self, number: int) -> bytes | None:
        """Return a reference's picture, small, as a PNG; None where none was kept, as by galleries of format 1.

        Raises:
            DataError: there is no such reference.
        """
        with self.store.reading() as session:
            listing.one_reference(session, number)
            return session.scalar(select(ReferenceRow.thumbnail).where(ReferenceRow.id == number))

    def original(self, number: int) -> bytes | None:
        """Return a reference's picture as it came, or None where it was not kept.

        Raises:
            DataError: there is no such reference.
        """
        with self.store.reading() as session:
            listing.one_reference(session, number)
            return session.scalar(select(ReferenceRow.original).where(ReferenceRow.id == number))

    @overload
    def identify(self, item: list[Item], matches: int = 5, unknown_prior: float = 0.5) -> list[Identification]: ...
    @overload
    def identify(self, item: Item, matches: int = 5, unknown_prior: float = 0.5) -> Identification: ...

    def identify(
        self, item: Item | list[Item], matches: int = 5, unknown_prior: float = 0.5
    ) -> Identification | list[Identification]:
        """Return the class of an item, or of each of a list, or "unknown".

        Where a threshold was set for the class or the gallery, the most probable class is the answer if
        ``score >= threshold``; else if it is more probable than "unknown".

        Args:
            item: what to recognise.
            matches: classes listed in each answer.
            unknown_prior: the share of items expected to be of no enrolled class, in (0, 1).

        Raises:
            InputError: an item is no readable picture.
            DataError: nothing is enrolled.
        """
        if isinstance(item, list):
            return self._identified(item, matches, unknown_prior)
        return self._identified([item], matches, unknown_prior)[0]

    @steady
    def _identified(self, items: list[Item], matches: int, unknown_prior: float) -> list[Identification]:
        held, embeddings = self.held(), self.embedded(items)
        names = [name_of(item, position) for position, item in enumerate(items)]
        return identified(self.model, held, self.mirror, embeddings, names, matches, unknown_prior)

    @steady
    def verify(self, item: Item, label: str, threshold: float | None = None, by: By = "prototype") -> Verdict:
        """Return whether an item is of a class.

        FAR and FRR are those that the threshold reached on pairs of single items.

        Args:
            item: what is asked about.
            label: the class.
            threshold: the score from which it is; by default the class's own, the gallery's, or the model's.
            by: its likeness to the class as the method sees it (the class's mean embedding, most often), the mean of
                its scores with the class's references, or the highest of them.

        Raises:
            InputError: the item is no readable picture.
            DataError: there is no such class, or no such ``by``.
        """
        if by not in get_args(By):
            raise DataError(f"Unknown way '{by}' to hold an item against a class.{did_you_mean(by, get_args(By))}")
        held = self.held()
        number = next((number for number, name in held.labels.items() if name == label), None)
        if number is None:
            raise DataError(f"There is no class '{label}'.{did_you_mean(label, held.labels.values())}")
        references = torch.from_numpy(held.embeddings[held.owners == number])
        score = self.likeness(self.embedded([item]), references, by)
        own = held.thresholds.get(number, held.threshold)
        return self.verdict(score, own if threshold is None else threshold)

    @steady
    def compare(self, a: Item, b: Item, threshold: float | None = None) -> Verdict:
        """Return whether two items are alike, by the gallery's threshold, or else the model's.

        Raises:
            InputError: an item is no readable picture.
        """
        first, second = self.embedded([a, b])
        with self.store.reading() as session:
            own = setting(session, THRESHOLD)
        with torch.inference_mode():
            score = float(self.model.similarity(first, second))
        return self.verdict(score, own if threshold is None else threshold)

    @steady
    def search(
        self, item: Item | None = None, like: Sequence[int] = (), unlike: Sequence[int] = (), top: int = 20
    ) -> list[Hit]:
        """Return the references nearest to an item and to references that are liked, and away from those that are not.

        The liked and the disliked themselves are left out; see ``gemel.gallery.rocchio``.

        Args:
            item: what is searched for; None where ``like`` tells.
            like, unlike: numbers of references.
            top: how many are returned, at least 1.

        Raises:
            InputError: the item is no readable picture.
            DataError: there is neither an item nor a like, a reference is not there, or nothing is enrolled.
        """
        if item is None and not like:
            raise DataError("Nothing is searched for; give an item, or the number of a reference to be like.")
        if top < 1:
            raise DataError(f"The {top} nearest are asked for; at least 1 is expected.")
        first = None if item is None else self.embedded([item])[0]
        query = rocchio(first, self.embeddings_of(like), self.embeddings_of(unlike))
        shown_already = {*like, *unlike}
        hits = self.nearest(self.model.similarity.canonical(query), top + len(shown_already))
        return [hit for hit in hits if hit.reference not in shown_already][:top]

    def rename(self, label: str, to: str) -> None:
        """Give a class another name; where another class has it, the two become that one.

        Raises:
            DataError: there is no such class, or the name is none (empty, too long, unprintable).
        """
        with self.store.writing() as session:
            arranging.rename(session, label, to)

    def move(self, references: Sequence[int], to: str) -> int:
        """Move references to a class, new or not, and return how many came to it.

        Raises:
            DataError: there is no such reference, or the name is none.
        """
        with self.store.writing() as session:
            return arranging.move(session, references, to)

    def remove(self, label: str) -> int:
        """Remove a class with its references, and return how many those were.

        Raises:
            DataError: there is no such class.
        """
        with self.store.writing() as session:
            return arranging.remove_class(session, label)

    def remove_references(self, references: Sequence[int]) -> int:
        """Remove references, and return how many those were; a class left without one is gone with them.

        Raises:
            DataError: there is no such reference; then none is removed.
        """
        with self.store.writing() as session:
            return arranging.remove_references(session, references)
