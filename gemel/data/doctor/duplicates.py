"""Pictures that are there twice, pixel for pixel, whatever their files are."""

from __future__ import annotations

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted


def duplicates_within(seen: Survey) -> Finding | None:
    """Notice equal pictures in one class."""
    labels = seen.labels
    sets = [members for members in _equal_pictures(seen) if len({labels[one] for one in members}) == 1]
    if not sets:
        return None
    spare = sum(len(members) - 1 for members in sets)
    return Finding(
        "duplicates_within",
        "warning",
        f"{counted(spare, 'picture repeats', 'pictures repeat')} another of the same class, pixel for pixel.",
        "Delete the copies: a pair of them teaches nothing, and makes every score look better than it is.",
        few(" = ".join(seen.names(members[:2])) for members in sets),
    )


def duplicates_across(seen: Survey) -> Finding | None:
    """Notice equal pictures in different classes: at least one of the two labels is wrong."""
    labels = seen.labels
    sets = [members for members in _equal_pictures(seen) if len({labels[one] for one in members}) > 1]
    if not sets:
        return None
    return Finding(
        "duplicates_across",
        "error",
        f"{counted(len(sets), 'picture is', 'pictures are')} in more than one class, pixel for pixel.",
        "Keep each in the class where it belongs and delete the others: they teach that the same thing is different, "
        "and a picture learnt from may be tested on.",
        few(" = ".join(seen.names(_of_different_classes(members, labels.tolist()))) for members in sets),
    )


def _equal_pictures(seen: Survey) -> list[list[int]]:
    """Return the sets of two and more equal pictures that show something, as ascending positions."""
    sets: dict[bytes, list[int]] = {}
    for position, look in enumerate(seen.looks):
        if not look.blank:
            sets.setdefault(look.digest, []).append(position)
    return [members for members in sets.values() if len(members) > 1]


def _of_different_classes(members: list[int], labels: list[int]) -> list[int]:
    """Return the first of them and the first that is of another class."""
    return [members[0], next(one for one in members if labels[one] != labels[members[0]])]
