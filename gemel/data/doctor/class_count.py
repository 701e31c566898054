"""How many classes there are: each part of a split needs some of its own."""

from __future__ import annotations

from gemel.data.doctor.finding import Finding
from gemel.data.doctor.survey import Survey
from gemel.data.splits import LEAST_CLASSES
from gemel.wording import counted

#: Training, validation and test.
_LEAST = 3 * LEAST_CLASSES

#: With fewer, validation and test have a handful of classes each, and their figures wide intervals.
_FEW = 20


def few_classes(seen: Survey) -> Finding | None:
    """Notice that there is one class only, or too few to hold some back for validation and test."""
    count = int((seen.counts > 0).sum())
    if count >= _FEW:
        return None
    return _one_class(seen) if count <= 1 else _too_few(count) if count < _LEAST else _rather_few(count)


def _one_class(seen: Survey) -> Finding:
    return Finding(
        "one_class",
        "error",
        "There is one class only: likeness is learnt from difference, and there is none.",
        "Sort the pictures into a folder a class. If they are sorted deeper down or in file names, move them so that "
        "the last folder is the class.",
        seen.listing.classes[:1],
    )


def _too_few(count: int) -> Finding:
    return Finding(
        "few_classes",
        "error",
        f"There are {count} classes; training, validation and test need {LEAST_CLASSES} of their own each.",
        "Add classes, or use a trained model as it is. To train all the same, set data.test=0 (from 4 classes), and "
        "data.validation=0 as well (from 2): no figure will then be of unseen classes.",
    )


def _rather_few(count: int) -> Finding:
    return Finding(
        "few_classes",
        "warning",
        f"There are {counted(count, 'class', 'classes')}: few to learn likeness from, and to judge it by.",
        "Expect wide intervals. More classes help more than more pictures of each.",
    )
