"""``gemel verify``."""

from __future__ import annotations

from typing import Annotated

import typer

from gemel.cli.console import answer


def verify(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    a: Annotated[str, typer.Argument(help="A picture.")],
    b: Annotated[str, typer.Argument(help="Another.")],
    far: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Choose the threshold for this false accept rate.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell whether two pictures show the same, with a probability and the threshold used.

    Example: `gemel verify runs/parts a.png b.png`
    """
    from gemel.loading import load

    model = load(run)
    threshold = None if far is None else model.calibration.threshold_at_far(far)
    verdict = model.verify(a, b, threshold)
    answer(verdict.to_json(), str(verdict), as_json)
