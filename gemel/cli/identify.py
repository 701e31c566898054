"""``gemel identify``."""

from __future__ import annotations

from typing import Annotated

import typer

from gemel.cli.console import answer


def identify(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    items: Annotated[list[str], typer.Argument(help="Pictures to recognise.")],
    support: Annotated[str, typer.Option(help="A folder (or zip) with a folder of examples a class.")],
    matches: Annotated[int, typer.Option(min=1, help="Classes listed in each answer.")] = 5,
    unknown_prior: Annotated[float, typer.Option(help="Share of items expected to be of no class, in (0, 1).")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Tell which class each picture is of, or "unknown". A class is added by adding a folder.

    Example: `gemel identify runs/parts --support classes/ x.png y.png`
    """
    from gemel.model import load
    from gemel.workflows.supporting import support_of

    model = load(run)
    found = model.identify(items, support_of(model, support), matches, unknown_prior)
    answer([one.to_json() for one in found], "\n".join(str(one) for one in found), as_json)
