"""Files that were left out because they are no items: masks, and everything else."""

from __future__ import annotations

from collections import Counter

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.data.sources.source import Skipped
from gemel.wording import counted

#: How the scan begins its reason for a PNG beside a photograph of the same name.
_MASK = "a mask of "


def masks(seen: Survey) -> Finding | None:
    """Notice PNG files that lie beside a photograph of the same name."""
    found = [one for one in seen.listing.skipped if is_mask(one)]
    if not found:
        return None
    return Finding(
        "masks",
        "note",
        f"{counted(len(found), 'PNG file lies', 'PNG files lie')} beside a JPEG of the same name: taken for its mask, "
        f"not for an item.",
        "Nothing to do if they are masks. If they are pictures of their own, give them other names.",
        few(one.name for one in found),
    )


def left_out(seen: Survey) -> Finding | None:
    """Notice other files that are no items; graver where they could have been pictures."""
    found = [one for one in seen.listing.skipped if not is_mask(one)]
    if not found:
        return None
    reasons = Counter(reason_of(one) for one in found)
    harmless = all(reason.startswith("not a picture") for reason in reasons)
    listed = ", ".join(f"{reason} ({count:,})" for reason, count in reasons.most_common())
    return Finding(
        "left_out",
        "note" if harmless else "warning",
        f"{counted(len(found), 'file was', 'files were')} left out: {listed}.",
        "Nothing to do if they are not meant to be items."
        if harmless
        else "If they are meant to be items, put each picture under its own plain name into the folder of its class.",
        few(one.name for one in found),
    )


def is_mask(one: Skipped) -> bool:
    """Tell whether the file was left out as a picture's mask."""
    return one.reason.startswith(_MASK)


def reason_of(one: Skipped) -> str:
    """Return the reason without what differs from file to file."""
    return "a mask of a picture" if is_mask(one) else one.reason.partition(":")[0]
