"""``gemel identify``."""

from __future__ import annotations

from typing import Annotated

import typer

from gemel.cli.console import answer


def identify(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    items: Annotated[list[str], typer.Argument(help="Pictures to recognise.")],
    support: Annotated[str | None, typer.Option(help="A folder (or zip) with a folder of examples a class.")] = None,
    names: Annotated[
        str | None, typer.Option(help="Instead, class names: a file of one a line, or 'cat,dog'; for models like CLIP.")
    ] = None,
    gallery: Annotated[str | None, typer.Option(help="Instead, a gallery: a file, or a URL.")] = None,
    template: Annotated[str, typer.Option(help="What the names are put into, at {}.")] = "a photo of a {}",
    matches: Annotated[int, typer.Option(min=1, help="Classes listed in each answer.")] = 5,
    unknown_prior: Annotated[float, typer.Option(help="Share of items expected to be of no class, in (0, 1).")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Tell which class each picture is of, or "unknown". A class is added by adding a folder, or by `gemel enrol`.

    Example: `gemel identify runs/parts --support classes/ x.png y.png`, `gemel identify runs/parts --gallery parts.db
    x.png`, and
    `gemel identify runs/clip --names "bolt,nut" x.png`, which knows no "unknown"
    """
    from gemel.data.items import Item
    from gemel.errors import DataError
    from gemel.loading import load
    from gemel.workflows.supporting import names_in, support_of

    if [support, names, gallery].count(None) != 2:
        raise DataError("The classes come from examples, names or a gallery: give --support, --names or --gallery.")
    model = load(run)
    if gallery is not None:
        from gemel.gallery import Gallery
        from gemel.gallery.database import check_exists

        check_exists(gallery)
        with Gallery(gallery, model) as opened:
            found = opened.identify(list[Item](items), matches, unknown_prior)
    else:
        known = support_of(model, support) if support else model.name_classes(names_in(names or ""), template)
        found = model.identify(items, known, matches, unknown_prior)
    answer([one.to_json() for one in found], "\n".join(str(one) for one in found), as_json)
