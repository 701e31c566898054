"""``gemel embed``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.console import answer, progress


def embed(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    path: Annotated[str, typer.Argument(help="A folder, zip or CSV of pictures, or a name such as digits.")],
    out: Annotated[Path, typer.Option(help="The file to write: .npz, .parquet or .csv.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the embedding of every picture, with its name and class.

    Example: `gemel embed runs/parts photos/ --out embeddings.parquet`
    """
    from gemel.loading import load
    from gemel.workflows.exporting import export

    with progress("embedding") as tell:
        told = export(load(run), path, out, tell)
    answer(told, f"{told['items']} embeddings of {told['dimensions']} numbers are in {out}.", as_json)
