"""Which words may name a class."""

from __future__ import annotations

from gemel.errors import DataError

#: Longer ones are refused.
LONGEST = 200


def checked_label(label: str) -> str:
    """Return the label without blanks around it.

    Raises:
        DataError: it is empty, too long, has characters that cannot be shown, or leads out of a folder (``..``).
    """
    told = label.strip()
    if not told:
        raise DataError(f"The class's name is {label!r}; a name is expected.")
    if len(told) > LONGEST:
        raise DataError(f"The class's name has {len(told)} characters; at most {LONGEST} are expected.")
    if not told.isprintable():
        raise DataError(f"The class's name is {label!r}; only characters that can be shown are expected.")
    if not {"", ".", ".."}.isdisjoint(told.replace("\\", "/").split("/")):
        raise DataError(f"The class's name is '{told}'; names between slashes, none of them '..', are expected.")
    return told
