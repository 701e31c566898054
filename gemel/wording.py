"""Numbers with their nouns."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """Return the number with its noun: "1 picture", "1,200 pictures"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
