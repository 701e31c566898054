"""Galleries written out, and pictures and galleries taken in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from gemel.data.items import Item, as_image
from gemel.data.opening import decode
from gemel.data.sources import CsvList, Source, open_source
from gemel.data.sources.files import FileSource
from gemel.data.sources.tables import read_header
from gemel.errors import DataError, InputError
from gemel.gallery.collection import Collection
from gemel.gallery.enrolling import Candidate, candidates
from gemel.gallery.entries import Enrolment
from gemel.gallery.exporting import Progress, export
from gemel.gallery.labels import checked_label
from gemel.gallery.listing import class_named
from gemel.gallery.manifest import ABOUT, LINES, About, Line, read_lines
from gemel.gallery.packing import Package, checked_path, read
from gemel.gallery.pictures import thumbnail
from gemel.gallery.settings import THRESHOLD, put, setting

#: References enrolled at once.
BATCH = 32

T = TypeVar("T")


@dataclass(frozen=True)
class Imported:
    """What came in.

    Attributes:
        references: how many are new.
        already: how many the gallery had.
        skipped: files that were left out, with the reason.
    """

    references: int
    already: int
    skipped: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {**asdict(self), "skipped": list(self.skipped)}


class Exchange:
    """Export and import.

    Args:
        gallery: whose references they are.
    """

    def __init__(self, gallery: Collection) -> None:
        self.gallery = gallery

    def export(self, path: str | Path, progress: Progress = lambda done, total: None) -> int:
        """Write the whole gallery out and return the number of references; see ``exporting.export``."""
        return export(self.gallery.store, path, progress)

    def import_from(self, path: str | Path, progress: Progress = lambda done, total: None, who: str = "") -> Imported:
        """Take in what ``export`` wrote, or any folder, zip or CSV list of labelled pictures.

        What the gallery has already is passed over, so that an import that was cut off can be done again. Embeddings
        are taken as they are where the model is the same; else originals are embedded anew. Thresholds of the same
        model come with them where the gallery has none.

        Args:
            path: the folder or file; a list's pictures lie beside it, or below.
            progress: called with (references done, references in all).
            who: who imports, where the file does not tell.

        Raises:
            DataError: it is no such thing, is damaged, leads to files elsewhere, or is of another model without
                originals; then nothing is taken in.
            InputError: a picture of an exported gallery cannot be read; what came before it stays.
        """
        path = Path(path)
        if not path.exists():
            raise DataError(f"{path} does not exist; a folder, a zip or a CSV file is expected.")
        with read(path) as package:
            if package is not None and package.holds(ABOUT) and package.holds(LINES):
                about = About.read(package.read(ABOUT), str(path))
                content = package.read(LINES).decode("utf-8", "replace")
                return self._take_lines(content, f"{LINES} in {path}", package, about, progress)
        if path.suffix.lower() == ".csv" and "embedding" in read_header(path)[0]:
            content = path.read_text(encoding="utf-8", errors="replace")
            return self._take_lines(content, str(path), None, None, progress)
        return self._take_pictures(open_source(path), progress, who)

    def _take_lines(
        self, content: str, where: str, package: Package | None, about: About | None, progress: Progress
    ) -> Imported:
        """Take in references that ``export`` wrote; all are looked at before the first is taken."""
        lines = read_lines(io.StringIO(content, newline=""), where)
        self._check(lines, where, package)
        done, enrolments = 0, list[Enrolment]()
        for label, group in groupby(lines, key=lambda line: line.label):
            for batch in _batches(list(group)):
                found = [self._candidate(line, package) for line in batch]
                enrolments += self.gallery.add(label, found)
                done += len(batch)
                progress(done, len(lines))
        if about is not None and about.model == self.gallery.model.fingerprint:
            self._take_thresholds(about)
        return _imported(enrolments, [])

    def _check(self, lines: Sequence[Line], where: str, package: Package | None) -> None:
        """Raise a DataError unless every reference can be taken in."""
        model = self.gallery.model
        without = [line for line in lines if line.model != model.fingerprint and not line.original]
        if without:
            raise DataError(
                f"{where} was made with another model ({without[0].model[:12]}), and {len(without)} of its references "
                "have no original to embed anew; open a gallery of that model."
            )
        for line in lines:
            if line.file and package is not None:
                package.check(line.file)
            if line.model == model.fingerprint and line.embedding.shape != (model.dimensions,):
                raise DataError(f"{where} has an embedding of {len(line.embedding)} numbers; export the gallery again.")

    def _candidate(self, line: Line, package: Package | None) -> Candidate:
        """Return a reference as it is to be added."""
        picture = package.read(line.file) if package is not None and line.file else None
        original = picture if line.original else None
        if line.model != self.gallery.model.fingerprint:
            (found,) = candidates(self.gallery.model, [picture or b""], line.source, line.who, originals=True)
            return replace(found, enrolled=line.enrolled, warnings=line.warnings)
        return Candidate(
            embedding=line.embedding,
            model=line.model,
            sha256=line.sha256,
            source=line.source,
            who=line.who,
            quality=line.quality,
            warnings=line.warnings,
            thumbnail=None if picture is None else thumbnail(decode(picture, line.file)),
            original=original,
            enrolled=line.enrolled,
        )

    def _take_thresholds(self, about: About) -> None:
        """Set thresholds where the gallery has none."""
        with self.gallery.store.writing() as session:
            if setting(session, THRESHOLD) is None and about.threshold is not None:
                put(session, THRESHOLD, float(about.threshold))
            for label, threshold in about.thresholds.items():
                owner = class_named(session, label)
                if owner is not None and owner.threshold is None:
                    owner.threshold = float(threshold)

    def _take_pictures(self, source: Source, progress: Progress, who: str) -> Imported:
        """Enrol the pictures of a data set, class by class."""
        listing = source.listing
        if isinstance(source, CsvList):
            for name in listing.names:
                checked_path(name)
        for label in listing.classes:
            checked_label(label)
        order = sorted(range(len(listing)), key=lambda row: listing.labels[row])
        skipped = [f"{one.name}: {one.reason}" for one in listing.skipped]
        done, enrolments = 0, list[Enrolment]()
        for number, rows in groupby(order, key=lambda row: listing.labels[row]):
            for batch in _batches(list(rows)):
                found = [self._embedded(source, row, who, skipped) for row in batch]
                fit = [each for each in found if each is not None]
                enrolments += self.gallery.enrol_candidates(listing.classes[number], fit) if fit else []
                done += len(batch)
                progress(done, len(listing))
        return _imported(enrolments, skipped)

    def _embedded(self, source: Source, row: int, who: str, skipped: list[str]) -> Candidate | None:
        """Return a picture embedded; of one that cannot be read, the reason is noted."""
        name = source.listing.names[row]
        try:
            item: Item = source.content(row) if isinstance(source, FileSource) else source.image(row)
            (found,) = candidates(self.gallery.model, [as_image(item)], name, who, originals=False)
        except InputError as error:
            skipped.append(f"{name}: {error}")
            return None
        return found.with_original(item) if self.gallery.originals else found


def _batches(rows: list[T]) -> list[list[T]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def _imported(enrolments: Sequence[Enrolment], skipped: Sequence[str]) -> Imported:
    fresh = sum(each.fresh for each in enrolments)
    return Imported(fresh, len(enrolments) - fresh, tuple(skipped))
