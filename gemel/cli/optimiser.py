"""``gemel optimiser``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.console import answer, progress, stderr


def optimiser(
    problem: Annotated[str, typer.Argument(help="What it learns to minimise: quadratic or network.")],
    out: Annotated[Path, typer.Option(help="The run folder to write, or to go on with.")] = Path("runs/optimiser"),
    data: Annotated[
        str, typer.Option(help="For network: a folder, zip or CSV of pictures, or a name such as fashion_mnist.")
    ] = "digits",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Updates of the optimiser's weights; five to each descent of 100 steps.")
    ] = None,
    held_out: Annotated[
        int | None, typer.Option(min=2, help="Problems for the figures, and as many others to tune rates on.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the weights and of all problems.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Learn an optimiser, then compare it with SGD, Nesterov momentum, RMSprop and Adam on problems never seen.

    The same command goes on where it was interrupted, and more steps go on from fewer.

    Example: `gemel optimiser quadratic --out runs/quadratic`, and
    `gemel optimiser network --data fashion_mnist --steps 200 --out runs/fashion`
    """
    from gemel.workflows.optimising import optimise

    try:
        with progress("learning") as training, progress("comparing") as comparing:
            found = optimise(problem, out, data, steps, held_out, seed, training, comparing)
    except KeyboardInterrupt:
        stderr.print(f"What was learnt is in {out}; the same command goes on.")
        raise
    answer(found.to_json(), f"{found}\nThe optimiser, its figures and their picture are in {out}.", as_json)
