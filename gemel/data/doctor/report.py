"""What is in a source, and what the doctor says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from gemel.data.doctor.finding import SEVERITIES, Finding
from gemel.data.doctor.skipped import reason_of
from gemel.data.doctor.survey import Survey
from gemel.wording import counted

_MOST_LISTED = 5

Size = tuple[int, int]


@dataclass(frozen=True)
class Sizes:
    """Widths and heights: least, median and most of each, and the commonest pairs with their numbers."""

    least: Size
    median: Size
    most: Size
    common: tuple[tuple[Size, int], ...]

    @classmethod
    def of(cls, sizes: np.ndarray) -> Sizes:
        """Return the summary of (N, 2) widths and heights, N >= 1."""
        least, median, most = (_pair(values) for values in np.quantile(sizes, (0, 0.5, 1), axis=0))
        common = Counter(_pair(size) for size in sizes).most_common(_MOST_LISTED)
        return cls(least, median, most, tuple(common))

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain lists and numbers."""
        common = [{"size": list(size), "count": count} for size, count in self.common]
        return {"min": list(self.least), "median": list(self.median), "max": list(self.most), "common": common}

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{_times(self.least)} pixels, all"
        common = ", ".join(f"{_times(size)} ({count:,})" for size, count in self.common[:3])
        return f"{_times(self.least)} ... {_times(self.most)} pixels, median {_times(self.median)}; commonest {common}"


@dataclass(frozen=True)
class ClassSizes:
    """Pictures a class: the least, the median and the most, and the smallest classes with their numbers."""

    least: int
    median: float
    most: int
    smallest: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, counts: np.ndarray, classes: tuple[str, ...]) -> ClassSizes:
        """Return the summary of each class's number of pictures: (classes,)."""
        smallest = np.argsort(counts, kind="stable")[:_MOST_LISTED]
        return cls(
            int(counts.min()),
            float(np.median(counts)),
            int(counts.max()),
            tuple((classes[position], int(counts[position])) for position in smallest),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain lists and numbers."""
        smallest = [{"class": name, "count": count} for name, count in self.smallest]
        return {"min": self.least, "median": self.median, "max": self.most, "smallest": smallest}

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.least:,} each"
        smallest = ", ".join(f"{name} ({count:,})" for name, count in self.smallest[:3])
        return f"{self.least:,} ... {self.most:,}, median {self.median:,g}; fewest in {smallest}"


@dataclass(frozen=True)
class Report:
    """What is in a source, and the findings, gravest first.

    Attributes:
        name: the source's.
        items: pictures that can be read.
        classes: classes, those without a readable picture included.
        groups: different groups of the classes.
        class_sizes: pictures a class.
        sizes: of the pictures; None where none can be read.
        modes: "L", "RGB" and so on, as in the files -> how many pictures.
        formats: "PNG" and so on -> how many; empty for what comes from an array.
        skipped: why files were left out -> how many.
        findings: what the doctor noticed.
    """

    name: str
    items: int
    classes: int
    groups: int
    class_sizes: ClassSizes
    sizes: Sizes | None
    modes: dict[str, int]
    formats: dict[str, int]
    skipped: dict[str, int]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, name: str, seen: Survey, findings: Iterable[Finding]) -> Report:
        """Return the report on what was seen."""
        return cls(
            name=name,
            items=len(seen),
            classes=len(seen.listing.classes),
            groups=len(set(seen.listing.groups)),
            class_sizes=ClassSizes.of(seen.counts, seen.listing.classes),
            sizes=Sizes.of(seen.sizes) if len(seen) else None,
            modes=_tally(look.mode for look in seen.looks),
            formats=_tally(look.format for look in seen.looks if look.format),
            skipped=_tally(reason_of(one) for one in seen.listing.skipped),
            findings=tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain lists, numbers and words."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return plain | {
            "class_sizes": self.class_sizes.to_json(),
            "sizes": self.sizes.to_json() if self.sizes else None,
            "findings": [finding.to_json() for finding in self.findings],
        }

    def __str__(self) -> str:
        in_groups = f" in {counted(self.groups, 'group')}" if self.groups > 1 else ""
        lines = [
            f"{self.name}: {counted(self.items, 'picture')}, {counted(self.classes, 'class', 'classes')}{in_groups}",
            f"  pictures a class: {self.class_sizes}",
            f"  sizes: {self.sizes or 'none'}",
            f"  modes: {_listed(self.modes)}",
            *([f"  formats: {_listed(self.formats)}"] if self.formats else []),
            *([f"  left out: {_listed(self.skipped)}"] if self.skipped else []),
            "",
            f"The doctor has {counted(len(self.findings), 'finding') if self.findings else 'no findings'}",
        ]
        return "\n".join([*lines[:-1], lines[-1] + (":" if self.findings else "."), *map(str, self.findings)])


def _tally(words: Iterable[str]) -> dict[str, int]:
    """Return how often each occurs, most often first, equal ones by name."""
    return dict(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))


def _listed(tally: dict[str, int]) -> str:
    return ", ".join(f"{word} ({count:,})" for word, count in tally.items()) or "none"


def _pair(size: np.ndarray) -> Size:
    width, height = (int(value) for value in size)
    return width, height


def _times(size: Size) -> str:
    return f"{size[0]} x {size[1]}"
