"""A published split, read from its file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from gemel.data.cache import data_folders
from gemel.data.splits import LEAST_CLASSES, Split
from gemel.errors import DataError, did_you_mean

#: What the parts are called in such files.
PARTS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}


def read_split(file: str | Path, classes: Sequence[str]) -> Split:
    """Return the split that a JSON file lists: ``{"train": [...], "val": [...], "test": [...]}``.

    A listed name means the class of that path, or the one whose path ends in it: "Latin/character01" for
    "images_background/Latin/character01". Classes that are not listed belong to no part.

    Args:
        file: its path, or its path within a data folder (GEMEL_DATA), such as "omniglot/vinyals_split.json".
        classes: class paths.

    Raises:
        DataError: the file is absent or no such list, a name fits no class or several, a class is in two parts, or a
            part that is there has fewer than two classes.
    """
    path = _found(file)
    endings = _endings(classes)
    parts: dict[str, set[int]] = {"train": set(), "validation": set(), "test": set()}
    for key, names in _lists(path).items():
        positions = {_position(name, key, path, endings, classes) for name in names}
        if len(positions) < LEAST_CLASSES:
            raise DataError(f"{path} lists {len(positions)} class(es) for {key}; at least {LEAST_CLASSES} are needed")
        parts[PARTS[key]] |= positions
    _check_disjoint(parts, path, classes)
    return Split(*(tuple(sorted(positions)) for positions in parts.values()))


def _found(file: str | Path) -> Path:
    places = [Path(file), *(folder / file for folder in data_folders())]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise DataError(f"the split file '{file}' is not here; put it at {' or '.join(map(str, places))}")
    return path


def _lists(path: Path) -> Mapping[str, Sequence[str]]:
    """Return the file's lists of class names."""
    try:
        lists = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON ({error})") from error
    named = isinstance(lists, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists.values()
    )
    if not named or "train" not in lists:
        raise DataError(
            f'{path} is no split; {{"train": [...], "val": [...], "test": [...]}} of class paths is expected'
        )
    for key in lists:
        if key not in PARTS:
            raise DataError(f"{path} has an unknown part '{key}'.{did_you_mean(key, PARTS)}")
    return lists


def _endings(classes: Sequence[str]) -> dict[str, list[int]]:
    """Return the classes whose path ends in each "character01", "Latin/character01", ..."""
    found: dict[str, list[int]] = {}
    for position, name in enumerate(classes):
        folders = name.split("/")
        for start in range(len(folders)):
            found.setdefault("/".join(folders[start:]), []).append(position)
    return found


def _position(name: str, key: str, path: Path, endings: Mapping[str, list[int]], classes: Sequence[str]) -> int:
    positions = endings.get(name, [])
    whole = [position for position in positions if classes[position] == name]
    if len(whole or positions) != 1:
        wrong = f"fits {len(positions)} classes; write more of its path" if positions else "is no class of the data"
        raise DataError(f"'{name}', which {path} lists for {key}, {wrong}")
    return (whole or positions)[0]


def _check_disjoint(parts: Mapping[str, set[int]], path: Path, classes: Sequence[str]) -> None:
    owner: dict[int, str] = {}
    for part, positions in parts.items():
        for position in sorted(positions):
            if position in owner:
                raise DataError(f"{path} lists the class '{classes[position]}' for both {owner[position]} and {part}")
            owner[position] = part
