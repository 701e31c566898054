"""Pictures that cannot be decoded."""

from __future__ import annotations

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted


def unreadable(seen: Survey) -> Finding | None:
    """Notice pictures that cannot be read; grave where they are one in ten or more."""
    count, total = len(seen.unreadable), len(seen.listing)
    if not count:
        return None
    return Finding(
        "unreadable",
        "error" if count * 10 >= total else "warning",
        f"{count:,} of {counted(total, 'picture')} cannot be read.",
        "Training leaves them out. Copy them again from where they came from, or delete them.",
        few(seen.unreadable.values()),
    )
