"""Pictures that show nothing."""

from __future__ import annotations

import numpy as np

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted


def blank_pictures(seen: Survey) -> Finding | None:
    """Notice pictures of one colour all over."""
    blank = np.array([position for position, look in enumerate(seen.looks) if look.blank], np.int64)
    if not len(blank):
        return None
    return Finding(
        "blank_pictures",
        "warning",
        f"{counted(len(blank), 'picture is', 'pictures are')} of one colour all over.",
        "Delete them: blank pictures of different classes cannot be told apart.",
        few(seen.names(blank)),
    )
