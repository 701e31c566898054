"""``gemel plot``."""

from __future__ import annotations

from typing import Annotated

import typer

from gemel.cli.console import answer, stderr


def plot(
    run: Annotated[str, typer.Argument(help="A run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the pictures' paths as one JSON object.")] = False,
) -> None:
    """Draw a run's pictures again: pairs, curves, ROC with score histograms, embedding map.

    Example: `gemel plot runs/parts`
    """
    from pathlib import Path

    from gemel.loading import load
    from gemel.workflows.reporting import report

    with stderr.status("drawing"):
        pictures = report(load(run), Path(run))
    answer({name: str(path) for name, path in pictures.items()}, "\n".join(map(str, pictures.values())), as_json)
