"""How many pictures each class has."""

from __future__ import annotations

import numpy as np

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted

#: The largest class may have so many times the pictures of the smallest.
_BALANCED = 10


def empty_classes(seen: Survey) -> Finding | None:
    """Notice classes none of whose pictures can be read."""
    classes = np.flatnonzero(seen.counts == 0)
    if not len(classes):
        return None
    return Finding(
        "empty_classes",
        "warning",
        f"{counted(len(classes), 'class has', 'classes have')} no picture that can be read.",
        "Training goes on without them. Put readable pictures into their folders, or delete these.",
        few(seen.listing.classes[position] for position in classes),
    )


def single_items(seen: Survey) -> Finding | None:
    """Notice classes of one picture: they make no pair of the same class."""
    classes = np.flatnonzero(seen.counts == 1)
    if not len(classes):
        return None
    return Finding(
        "single_items",
        "error" if seen.counts.max() == 1 else "warning",
        f"{counted(len(classes), 'class has', 'classes have')} one picture only, too few to make a pair of.",
        "They serve as examples of what is different, and cannot be tested. Add a second picture to each.",
        few(seen.listing.classes[position] for position in classes),
    )


def imbalance(seen: Survey) -> Finding | None:
    """Notice that the largest class has more than ten times the pictures of the smallest."""
    counts = np.where(seen.counts > 0, seen.counts, seen.counts.max())
    smallest, largest = int(counts.argmin()), int(counts.argmax())
    if counts[largest] <= _BALANCED * counts[smallest]:
        return None
    names = seen.listing.classes
    return Finding(
        "imbalance",
        "note",
        f"The classes are uneven: {names[largest]} has {counted(int(counts[largest]), 'picture')}, "
        f"{names[smallest]} has {counts[smallest]:,}.",
        "Classes are drawn equally often in training, so the small ones repeat themselves. More pictures of these help "
        "most.",
        few(names[position] for position in np.argsort(counts, kind="stable")),
    )
