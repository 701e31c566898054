"""``gemel sinusoids``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.console import answer, stderr


def sinusoids(
    method: Annotated[
        str, typer.Argument(help="A method that adapts: maml, fomaml, anil, meta_sgd, maml++, imaml, reptile, ...")
    ] = "maml",
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Recipe keys, e.g. learner.rate=0.02 data.options.tasks=25")
    ] = None,
    out: Annotated[Path, typer.Option(help="The run folder to write, or to go on with.")] = Path("runs/sinusoids"),
    shots: Annotated[int, typer.Option(min=1, help="Known points of a task in training.")] = 10,
    steps: Annotated[
        int, typer.Option(min=1, help="Of each training: the method's, the pretrained net's, the oracle's.")
    ] = 4000,
    seed: Annotated[int, typer.Option(help="Of the weights and of all tasks.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Learn to tell sinusoids from a few points, beside a pretrained network and an oracle that is told all.

    The same command goes on where it was interrupted.

    Example: `gemel sinusoids maml --out runs/sinusoids`, and `gemel sinusoids meta_sgd --shots 5 --out runs/meta_sgd`
    """
    from gemel.training.progress import Bar
    from gemel.training.trainer import TrainingInterrupted
    from gemel.workflows.regressing import regress

    def bar(name: str) -> Bar:
        stderr.print(f"{name}:")
        return Bar(stderr, "error", lambda value: f"{-value:.3f}")

    try:
        found = regress(method, out, shots, steps, seed, overrides or (), bar)
    except TrainingInterrupted:
        stderr.print(f"A checkpoint is in {out}; the same command goes on.")
        raise
    answer(found.to_json(), f"{found}\nThe weights, the figures and their picture are in {out}.", as_json)
