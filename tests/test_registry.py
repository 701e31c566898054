from __future__ import annotations

from typing import Any

import pytest

from gemel.errors import RecipeError
from gemel.registry import build, options_of


class Base:
    def __init__(self, part: str, size: int = 3, name: str = "base") -> None:
        self.part, self.size, self.name = part, size, name


class Handing(Base):
    def __init__(self, *, rate: float = 0.5, name: str = "handing", **others: Any) -> None:
        super().__init__(**others, name=name)
        self.rate = rate


class Whole(Base):
    def __init__(self, depth: int = 1) -> None:
        super().__init__("whole")
        self.depth = depth


def test_what_is_handed_on_to_the_base_is_an_option_too() -> None:
    assert list(options_of(Handing)) == ["part", "size", "name", "rate"]
    assert options_of(Handing)["name"].default == "handing"
    assert list(options_of(Whole)) == ["depth"]


def test_a_base_s_options_are_given_checked_and_refused_like_one_s_own() -> None:
    kinds: dict[str, type[Base]] = {"handing": Handing}
    made = build("thing", kinds, {"name": "handing", "size": 4, "rate": 1}, part="given", channels=1)
    assert (made.part, made.size, made.rate) == ("given", 4, 1)  # type: ignore[attr-defined]
    with pytest.raises(RecipeError, match=r"Unknown option 'sise' of thing 'handing'\. Did you mean 'size'"):
        build("thing", kinds, {"name": "handing", "sise": 4}, part="given")
    with pytest.raises(RecipeError, match="Option 'size' of thing 'handing' is 'four'; a whole number is expected"):
        build("thing", kinds, {"name": "handing", "size": "four"}, part="given")
