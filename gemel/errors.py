"""Errors that tell what came, what was expected, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GemelError(Exception):
    """Base of every error that Gemel raises for its user's input; its text is one readable line."""


class InputError(GemelError):
    """An item (a picture, say) that cannot be read or does not fit."""


class TooLargeError(InputError):
    """A picture of more pixels than are read."""


class DataError(GemelError):
    """A data set that is missing, empty, or too small for what is asked of it."""


class RecipeError(GemelError):
    """A recipe or an option that is unknown or out of range."""


class ModelError(GemelError):
    """A model folder or checkpoint that is absent, damaged, or written by a newer version."""


class MissingExtraError(GemelError):
    """An optional dependency that is not installed."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known word, or a list of the known ones."""
    options = sorted(known)
    nearest = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    if nearest:
        return f" Did you mean '{nearest[0]}'?"
    return f" Known: {', '.join(options)}."
