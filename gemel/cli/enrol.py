"""``gemel enrol``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gemel.cli.console import answer

if TYPE_CHECKING:
    from gemel.gallery import Enrolment


def enrol(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    items: Annotated[list[str], typer.Argument(help="Pictures of the class; one is enough, twenty are plenty.")],
    gallery: Annotated[str, typer.Option(help="The gallery: a file, made if need be, or a URL.")],
    label: Annotated[str, typer.Option(help="The class, new or not.")],
    source: Annotated[str, typer.Option(help="Where they came from, in words; their paths by default.")] = "",
    who: Annotated[str, typer.Option(help="Who enrols them.")] = "",
    originals: Annotated[
        bool, typer.Option("--originals", help="Keep the pictures as they are, so that another model can take over.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Add pictures to a class of a gallery. There is no training: the class can be recognised at once.

    Example: `gemel enrol runs/parts --gallery parts.db --label "M6 bolt" b1.png b2.png`
    """
    from gemel.data.items import Item
    from gemel.gallery import Gallery
    from gemel.loading import load

    with Gallery(gallery, load(run), originals) as opened:
        found = opened.enrol(label, list[Item](items), source, who)
    lines = [line(item, one) for item, one in zip(items, found, strict=True)]
    answer([one.to_json() for one in found], "\n".join(lines), as_json)


def line(item: str, enrolment: Enrolment) -> str:
    """Return what became of an item, for a person to read."""
    became = "enrolled" if enrolment.fresh else "already there"
    warnings = "".join(f"; {warning}" for warning in enrolment.warnings)
    return f"{item}: {became}, reference {enrolment.reference} of '{enrolment.label}'{warnings}"
