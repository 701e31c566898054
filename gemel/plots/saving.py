"""Figure -> file."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from gemel.errors import InputError, did_you_mean
from gemel.files import replacing

FORMATS = ("jpg", "pdf", "png", "svg")


def save(figure: Figure, path: Path) -> Path:
    """Write a figure, whole or not at all, in the format of the path's ending, and return the path.

    Raises:
        InputError: the ending is of no format that can be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise InputError(f"A picture cannot be written as '{path.name}'.{did_you_mean(ending, FORMATS)}")
    with replacing(path) as temporary:
        figure.savefig(temporary, format=ending)
    return path
