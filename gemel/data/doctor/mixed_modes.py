"""Grey pictures among coloured ones."""

from __future__ import annotations

import numpy as np

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted


def mixed_modes(seen: Survey) -> Finding | None:
    """Notice that some pictures have colour and others none, by their pixels and not by their files' modes."""
    colour = np.array([look.colour for look in seen.looks if not look.blank], bool)
    shown = np.array([position for position, look in enumerate(seen.looks) if not look.blank], np.int64)
    if not len(colour) or colour.all() or not colour.any():
        return None
    rarer = shown[colour if 2 * colour.sum() < len(colour) else ~colour]
    return Finding(
        "mixed_modes",
        "note",
        f"{counted(int(colour.sum()), 'picture has', 'pictures have')} colour, {(~colour).sum():,} are grey.",
        "Unless colour tells your classes apart, train with preprocessing.channels=1: else being grey may be learnt as "
        "likeness.",
        few(seen.names(rarer)),
    )
