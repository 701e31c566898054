"""Names -> classes, and a part of a recipe -> the thing it names, built."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

from gemel.errors import RecipeError, did_you_mean

T = TypeVar("T")

#: What an option may be, by its annotation; options of other annotations are left to their constructor.
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "str": ((str,), "a word"),
    "bool": ((bool,), "true or false"),
}


def options_of(kind: type) -> dict[str, inspect.Parameter]:
    """Return the constructor's named parameters; where it hands ``**others`` on to its base, the base's before them."""
    parameters = inspect.signature(kind).parameters.values()
    named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    handed_on, base = any(p.kind is p.VAR_KEYWORD for p in parameters), kind.__base__
    return {**options_of(base), **named} if handed_on and base else named


def as_part(value: object) -> object:
    """Read ``encoder: conv4`` as ``encoder: {name: conv4}``."""
    return {"name": value} if isinstance(value, str) else value


def part_of(what: str, value: object) -> Mapping[str, Any]:
    """Return a part of a recipe as its name and options; ``conv4`` is ``{name: conv4}``.

    Raises:
        RecipeError: it is neither.
    """
    part = as_part(value)
    if isinstance(part, Mapping):
        return part
    raise RecipeError(f"{what} is {value!r}; a name, or a name with options, is expected.")


def build(what: str, registry: Mapping[str, type[T]], options: Mapping[str, Any], **given: Any) -> T:
    """Build the entry that ``options["name"]`` names, from its other options and the parts ``given``.

    Parts in ``given`` that the constructor does not ask for are left out, so that a caller may offer all it has.

    Raises:
        RecipeError: the name or an option is unknown, or a value is refused by the constructor.
    """
    name = str(options.get("name", ""))
    if name not in registry:
        raise RecipeError(f"Unknown {what} '{name}'.{did_you_mean(name, registry)}")
    known = options_of(registry[name])
    chosen = {key: value for key, value in options.items() if key != "name"}
    for key in chosen:
        if key not in known or key in given:
            raise RecipeError(f"Unknown option '{key}' of {what} '{name}'.{did_you_mean(key, set(known) - set(given))}")
        check_kind(what, name, known[key], chosen[key])
    offered = {key: value for key, value in given.items() if key in known}
    try:
        return registry[name](**offered, **chosen)
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        raise RecipeError(f"{what} '{name}': {str(error).splitlines()[0]}") from error


def check_kind(what: str, name: str, option: inspect.Parameter, value: object) -> None:
    """Raise a RecipeError where the value is plainly not what the option's annotation says."""
    kinds, expected = KINDS.get(str(option.annotation), ((object,), ""))
    if not isinstance(value, kinds) or (isinstance(value, bool) and not {bool, object} & set(kinds)):
        raise RecipeError(f"Option '{option.name}' of {what} '{name}' is {value!r}; {expected} is expected.")
