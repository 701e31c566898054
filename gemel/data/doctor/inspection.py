"""A source -> the doctor's report."""

from __future__ import annotations

from collections.abc import Callable

from gemel.data.doctor.blank_pictures import blank_pictures
from gemel.data.doctor.class_count import few_classes
from gemel.data.doctor.class_sizes import empty_classes, imbalance, single_items
from gemel.data.doctor.duplicates import duplicates_across, duplicates_within
from gemel.data.doctor.finding import Finding
from gemel.data.doctor.mixed_modes import mixed_modes
from gemel.data.doctor.near_duplicates import near_duplicates_across, near_duplicates_within
from gemel.data.doctor.odd_sizes import odd_sizes
from gemel.data.doctor.report import Report
from gemel.data.doctor.skipped import left_out, masks
from gemel.data.doctor.survey import Survey, survey
from gemel.data.doctor.unreadable import unreadable
from gemel.data.sources.source import Source

#: Every kind of finding, in the order in which equally grave ones are told.
FINDINGS: dict[str, Callable[[Survey], Finding | None]] = {
    "few_classes": few_classes,
    "unreadable": unreadable,
    "empty_classes": empty_classes,
    "single_items": single_items,
    "duplicates_across": duplicates_across,
    "near_duplicates_across": near_duplicates_across,
    "duplicates_within": duplicates_within,
    "near_duplicates_within": near_duplicates_within,
    "blank_pictures": blank_pictures,
    "odd_sizes": odd_sizes,
    "mixed_modes": mixed_modes,
    "imbalance": imbalance,
    "masks": masks,
    "left_out": left_out,
}


def inspect(source: Source, progress: Callable[[int, int], None] | None = None) -> Report:
    """Look at every picture of a source and tell what is in it, what is wrong with it, and what to do.

    Nothing is changed or stored; the same source always gives the same report. 32,460 drawings take about 20 s.

    Args:
        source: what to look at.
        progress: called with (steps done, steps in all), a step to look at each picture and one to compare it.

    Raises:
        DataError: the source is absent or holds no item.
    """
    seen = survey(source, progress)
    found = (finding(seen) for finding in FINDINGS.values())
    return Report.of(source.name, seen, [finding for finding in found if finding is not None])
