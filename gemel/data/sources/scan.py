"""File names -> classes: the one rule for folders and zips."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import basename, splitext

import numpy as np

from gemel.data.sources.source import Listing, Skipped
from gemel.errors import DataError

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm"})
_PHOTOGRAPHS = (".jpg", ".jpeg")
_PHOTOGRAPH_ENDINGS = (*_PHOTOGRAPHS, *(ending.upper() for ending in _PHOTOGRAPHS))
_CLUTTER = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})

LAYOUT = "expected a folder a class with its pictures in it, such as apples/1.jpg apples/2.jpg pears/1.jpg"


def scan(files: Iterable[str], where: str, skipped: Iterable[Skipped] = ()) -> Listing:
    """Return what the files are: a folder that holds pictures is a class, its parent folder the class's group.

    Pictures are known by their extension. Hidden files are passed over; others that are no items are listed as skipped.

    Args:
        files: paths within the source, with "/" between their parts.
        where: the source, for errors.
        skipped: what was left out before.

    Raises:
        DataError: there is no picture in a folder.
    """
    visible = sorted({file for file in files if not is_clutter(file)})
    photographs = {file for file in visible if file.lower().endswith(_PHOTOGRAPHS)}
    left_out = {file: reason for file in visible if (reason := _why_not(file, photographs))}
    names = [file for file in visible if file not in left_out]
    if not names:
        raise DataError(_nothing_found(where, left_out))
    return listed(
        names,
        [name.rpartition("/")[0] for name in names],
        (*skipped, *(Skipped(file, reason) for file, reason in left_out.items())),
    )


def listed(names: Iterable[str], classes: Iterable[str], skipped: Iterable[Skipped] = ()) -> Listing:
    """Return the listing of items with their class paths, in the order given."""
    paths = list(classes)
    ordered = tuple(sorted(set(paths)))
    position = {path: number for number, path in enumerate(ordered)}
    labels = np.fromiter((position[path] for path in paths), np.int64, len(paths))
    return Listing(tuple(names), labels, ordered, tuple(skipped))


def is_clutter(file: str) -> bool:
    """Tell whether any part of the path is hidden or put there by an operating system."""
    return any(part[:1] == "." or part in _CLUTTER for part in file.split("/"))


def _why_not(file: str, photographs: set[str]) -> str:
    """Return why the file is no item; "" for an item."""
    stem, extension = splitext(file)
    if extension.lower() not in EXTENSIONS:
        return f"not a picture ({extension or 'no extension'})"
    if "/" not in file:
        return "not in a class folder"
    if extension.lower() == ".png" and photographs:
        photo = next((stem + ending for ending in _PHOTOGRAPH_ENDINGS if stem + ending in photographs), "")
        return f"a mask of {basename(photo)}" if photo else ""
    return ""


def _nothing_found(where: str, left_out: dict[str, str]) -> str:
    loose = sum(reason == "not in a class folder" for reason in left_out.values())
    if loose:
        return f"{where} has {loose} pictures at its top and no class folders; {LAYOUT}"
    archives = [file for file in left_out if file.lower().endswith(".zip")]
    advice = f"; it holds {archives[0]}: give that path" if archives else ""
    return f"{where} holds no pictures ({len(left_out)} other files){advice or f'; {LAYOUT}'}"
