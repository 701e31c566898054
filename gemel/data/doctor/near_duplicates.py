"""Pictures that are nearly the same: saved again, resized, lit otherwise, or taken a moment later."""

from __future__ import annotations

import numpy as np

from gemel.data.doctor.finding import Finding, Severity, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted

#: Up to this share of all pictures, near duplicates across classes may be chance: two short strokes are soon alike.
_CHANCE_ACROSS = 0.001

#: Up to this share, those within a class hardly change a figure.
_HARMLESS_WITHIN = 0.01


def near_duplicates_within(seen: Survey) -> Finding | None:
    """Notice pictures that are nearly the same as another of their class."""
    pairs = seen.near[_same_class(seen)]
    if not len(pairs):
        return None
    return Finding(
        "near_duplicates_within",
        _severity(pairs, seen, _HARMLESS_WITHIN),
        f"{_involved(pairs, seen)} nearly the same as another of the same class: saved again, resized, lit "
        f"otherwise, or taken a moment later.",
        "Where a class is a kind of thing (a defect, a seed), keep one picture of each specimen: pairs of copies are "
        "too easy, and make scores look better than they are. Where a class is one thing (a face), they are natural.",
        _examples(pairs, seen),
    )


def near_duplicates_across(seen: Survey) -> Finding | None:
    """Notice pictures that are nearly the same as one of another class."""
    pairs = seen.near[~_same_class(seen)]
    if not len(pairs):
        return None
    severity = _severity(pairs, seen, _CHANCE_ACROSS)
    chance = " So few may be chance, where the pictures are as simple as a stroke." if severity == "note" else ""
    return Finding(
        "near_duplicates_across",
        severity,
        f"{_involved(pairs, seen)} nearly the same as one of another class.",
        "Look at each pair. If both show the same thing, one label is wrong; or both classes must be in one part of "
        f"the split, else what is learnt from is tested on.{chance}",
        _examples(pairs, seen),
    )


def _same_class(seen: Survey) -> np.ndarray:
    labels = seen.labels[seen.near]  # (P, 2)
    return labels[:, 0] == labels[:, 1]


def _severity(pairs: np.ndarray, seen: Survey, harmless: float) -> Severity:
    return "note" if len(np.unique(pairs)) <= harmless * seen.compared else "warning"


def _involved(pairs: np.ndarray, seen: Survey) -> str:
    """Return how many pictures have a near duplicate, as the beginning of a sentence."""
    count = len(np.unique(pairs))
    limited = seen.compared < len({look.digest for look in seen.looks if not look.blank})
    among = f"Of {seen.compared:,} pictures that were compared, " if limited else ""
    return f"{among}{counted(count, 'picture is', 'pictures are')}"


def _examples(pairs: np.ndarray, seen: Survey) -> tuple[str, ...]:
    return few(" ~ ".join(seen.names(pair)) for pair in pairs)
