"""Classes -> training, validation and test classes; never items of one class in two parts."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gemel.errors import DataError, did_you_mean
from gemel.randomness import numpy_generator

#: Likeness is told from difference, so a part of one class is of no use.
LEAST_CLASSES = 2

Part = float | Sequence[str]


@dataclass(frozen=True)
class Split:
    """Positions of classes (of items, where items are split), ascending, each in at most one part."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def split_classes(
    classes: Sequence[str],
    by: Literal["class", "group"] = "class",
    validation: Part = 0.15,
    test: Part = 0.15,
    train: Sequence[str] | None = None,
    seed: int = 0,
) -> Split:
    """Return which classes to learn from, to choose and calibrate on, and to report on.

    Classes that patterns name go to their part first. A fraction then takes that share of the rest, chosen by ``seed``:
    of its classes, or of its groups, which stay whole. Training gets what is left.

    Args:
        classes: class paths, "images_background/Latin/character01".
        by: what a fraction counts and keeps whole, ``"class"`` or ``"group"`` (the class's parent).
        validation, test: a fraction in [0, 1), or class paths or patterns, ``["images_evaluation/*"]``; a ``*``
            stands for anything, slashes too. 0 leaves the part empty.
        train: class paths or patterns where training shall not get all that is left.
        seed: another seed, another choice.

    Raises:
        DataError: a part would have fewer than two classes, a pattern matches none, or a class is named for two parts.
    """
    if by not in ("class", "group"):
        raise DataError(f"a split by '{by}' is unknown.{did_you_mean(by, ('class', 'group'))}")
    wanted = {"test": test, "validation": validation, "train": train}
    shares = {part: float(share) for part, share in wanted.items() if isinstance(share, int | float)}
    if "train" in shares:
        raise DataError("the train part is what is left, or a list of classes or patterns; set validation and test")
    parts = _named(wanted, classes)
    parts |= _drawn(shares, parts, classes, by, seed)
    _check_sizes(parts, shares, by, len(classes))
    return Split(*(tuple(sorted(parts[part])) for part in ("train", "validation", "test")))


def _named(wanted: Mapping[str, Part | None], classes: Sequence[str]) -> dict[str, set[int]]:
    """Return the classes of the parts that are given as patterns."""
    named = {}
    for part, patterns in wanted.items():
        if patterns is not None and not isinstance(patterns, int | float):
            named[part] = _matching(part, patterns, classes)
    _check_disjoint(named, classes)
    return named


def _drawn(
    shares: Mapping[str, float], named: Mapping[str, set[int]], classes: Sequence[str], by: str, seed: int
) -> dict[str, set[int]]:
    """Return the classes of the parts that are shares of what is not named; and of training, where it is not."""
    taken = set().union(*named.values())
    units = _units([position for position in range(len(classes)) if position not in taken], classes, by)
    order = [units[place] for place in numpy_generator(seed, "split", by).permutation(len(units))]
    drawn, start = {}, 0
    for part, share in shares.items():
        count = _count(part, share, len(units), by)
        drawn[part] = {position for unit in order[start : start + count] for position in unit}
        start += count
    if "train" not in named:
        drawn["train"] = {position for unit in order[start:] for position in unit}
    return drawn


def matches(name: str, pattern: str) -> bool:
    """Tell whether the class path is the pattern, or fits it as in a shell, upper and lower case apart."""
    return name == pattern or fnmatch.fnmatchcase(name, pattern)


def _matching(part: str, patterns: Sequence[str], classes: Sequence[str]) -> set[int]:
    """Return the positions of the classes that fit any pattern; every pattern must fit one."""
    found: set[int] = set()
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        fitting = {position for position, name in enumerate(classes) if matches(name, pattern)}
        if not fitting:
            raise DataError(f"no class fits the {part} pattern '{pattern}'.{_nearest(pattern, classes)}")
        found |= fitting
    return found


def _nearest(pattern: str, classes: Sequence[str]) -> str:
    advice = did_you_mean(pattern, classes)
    return advice if "Did you mean" in advice or len(classes) <= 10 else f" The classes are like '{classes[0]}'."


def _check_disjoint(named: dict[str, set[int]], classes: Sequence[str]) -> None:
    parts = list(named)
    for index, first in enumerate(parts):
        for second in parts[index + 1 :]:
            both = named[first] & named[second]
            if both:
                raise DataError(f"the class '{classes[min(both)]}' is named for both {first} and {second}; choose one")


def _units(positions: Sequence[int], classes: Sequence[str], by: str) -> list[tuple[int, ...]]:
    """Return what stays whole: each class alone, or each group's classes."""
    if by == "class":
        return [(position,) for position in positions]
    groups: dict[str, list[int]] = {}
    for position in positions:
        groups.setdefault(classes[position].rpartition("/")[0], []).append(position)
    return [tuple(groups[name]) for name in sorted(groups)]


def _count(part: str, share: float, units: int, by: str) -> int:
    """Return how many units the share is: none for 0, else at least one group or two classes."""
    if not 0 <= share < 1:
        raise DataError(f"the {part} share is {share}; it must be in [0, 1), such as 0.15")
    least = LEAST_CLASSES if by == "class" else 1
    return max(least, round(share * units)) if share > 0 else 0


def _check_sizes(parts: dict[str, set[int]], shares: dict[str, float], by: str, total: int) -> None:
    for part in ("train", "validation", "test"):
        wanted = part == "train" or shares.get(part) != 0
        if wanted and len(parts[part]) < LEAST_CLASSES:
            unit = "groups" if by == "group" else "classes"
            raise DataError(
                f"the {part} part has {len(parts[part])} of {total} class(es), and needs at least {LEAST_CLASSES}; add "
                f"{unit}, split by {'class' if by == 'group' else 'a list of classes'}, or set validation or test to 0"
            )
