"""Items that show one thing: exposures of one tile, frames of one film, scans of one sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gemel.errors import DataError, RecipeError


def item_groups(names: Sequence[str], pattern: str, gap: int = 0) -> np.ndarray:
    """Return which items show one thing, told by their names, as a number 0 ... G-1 of each: (N,).

    What the pattern's brackets match names the thing, or without brackets the whole match: with ``sheet(\\d+)``, all
    "cats/sheet07_*.png" and "dogs/sheet07_*.png" are one. With a gap it must be a number, as a camera counts its
    frames: frames at most so far apart show one thing, and so does a whole chain of them.

    Args:
        names: the items' paths within their source.
        pattern: a regular expression, searched for in each path.
        gap: the largest difference of two neighbouring frames' numbers; 0 takes what is matched as it is.

    Raises:
        RecipeError: the pattern is no regular expression.
        DataError: it is not in a name or, with a gap, matches no number there.
    """
    keys = [_key(name, pattern) for name in names]
    numbers: np.ndarray = np.unique(keys if gap == 0 else _chains(names, keys, gap), return_inverse=True)[1]
    return numbers


def _key(name: str, pattern: str) -> str:
    try:
        found = re.search(pattern, name)
    except re.error as error:
        raise RecipeError(f"data.item_groups is '{pattern}', which is no regular expression ({error}).") from error
    if found is None:
        raise DataError(
            f"'{name}' tells no item group: data.item_groups '{pattern}' is not in it; change the pattern, or leave "
            "such items out."
        )
    return "/".join(part or "" for part in found.groups()) if found.groups() else found.group()


def _chains(names: Sequence[str], keys: Sequence[str], gap: int) -> np.ndarray:
    """Return each number's chain, in which neighbours are at most ``gap`` apart: (N,)."""
    for name, key in zip(names, keys, strict=True):
        if not key.isdecimal():
            raise DataError(f"data.item_gap needs a number from each name, and '{name}' gives '{key}'; bracket it.")
    numbers = sorted({int(key) for key in keys})
    breaks = np.array([after for before, after in pairwise(numbers) if after - before > gap], dtype=np.int64)
    chains: np.ndarray = np.searchsorted(breaks, np.array([int(key) for key in keys], dtype=np.int64), side="right")
    return chains
