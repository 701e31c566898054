"""What may be asked for besides pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

#: The greatest number that a database gives a row.
GREATEST = 2**63 - 1


def printable(text: str) -> str:
    """Return a text of characters that can be shown, and written to any database.

    Raises:
        ValueError: it has others.
    """
    if not text.isprintable():
        raise ValueError("only characters that can be shown are expected")
    return text


Text = Annotated[str, Field(max_length=200), AfterValidator(printable)]
Number = Annotated[int, Field(ge=1, le=GREATEST)]
Threshold = Annotated[
    FiniteFloat | None, Field(description="The score from which it is a match; by default what was set.")
]
PageNumber = Annotated[int, Query(ge=1, le=10**9, description="From 1.")]
PageSize = Annotated[int, Query(ge=1, le=1000, description="Items a page.")]


class Options(BaseModel):
    """Base of the options: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class NoOptions(Options):
    """Nothing besides pictures."""


class EnrolOptions(Options):
    """Where examples come from."""

    source: Text = Field(default="", description="In words; by default the file's name.", examples=["line 3, camera 2"])


class IdentifyOptions(Options):
    """How to identify."""

    top: int = Field(default=5, ge=1, le=100, description="Classes listed.")
    unknown_prior: float = Field(default=0.5, gt=0, lt=1, description="Share of items expected to be of no class.")


class VerifyOptions(Options):
    """How to verify."""

    threshold: Threshold = None


class ClassVerifyOptions(VerifyOptions):
    """How to verify against a class."""

    by: Literal["prototype", "mean", "max"] = Field(
        default="prototype", description="Against the class as the method sees it, or the mean or highest score."
    )


class SearchOptions(Options):
    """How to search."""

    top: int = Field(default=20, ge=1, le=1000, description="References listed.")
    like: tuple[Number, ...] = Field(default=(), max_length=100, description="References to be like.")
    unlike: tuple[Number, ...] = Field(default=(), max_length=100, description="References not to be like.")


class Renaming(Options):
    """What a class is to be called."""

    label: str = Field(
        description="The new label; where another class has it, the two become one.", examples=["M6 bolt"]
    )


class Moving(Options):
    """Which references go where."""

    references: list[Number] = Field(min_length=1, max_length=10_000)
    to: str = Field(description="A class, new or not.", examples=["M6 bolt"])
