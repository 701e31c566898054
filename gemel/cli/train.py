"""``gemel train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.console import answer, progress, stderr


def train(
    source: Annotated[
        str | None,
        typer.Argument(help="A folder, zip or CSV of labelled pictures; a recipe (.yaml) or its name."),
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Recipe keys, e.g. training.steps=500 encoder=conv4")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="The recipe for the data: a file (.yaml), or a packaged one's name.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The run folder to write.")] = Path("runs/model"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run folder's checkpoint.")] = False,
    pictures: Annotated[bool, typer.Option(help="Draw pictures and the card at the end.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Learn likeness from a folder of classes, or by a recipe.

    Stops early on the validation classes' one-shot accuracy and keeps the best. Ctrl-C leaves a checkpoint to resume.

    Example: `gemel train photos/ --out runs/parts training.steps=3000`, and `gemel train --resume --out runs/parts`;
    `gemel train photos/ --recipe pretrained --out runs/parts` calibrates an encoder that has learnt already.
    """
    from gemel.training.progress import Bar
    from gemel.training.trainer import TrainingInterrupted
    from gemel.workflows.reporting import report
    from gemel.workflows.training import train as train_model

    try:
        with progress("decoding") as tell:
            model = train_model(source, out, overrides or (), resume, Bar(stderr), tell, recipe)
    except TrainingInterrupted:
        stderr.print(f"A checkpoint is in {out}; go on with --resume.")
        raise
    if pictures:
        with stderr.status("drawing"):
            report(model, out)
    facts = {"model": str(out), **model.facts["training"], "threshold": model.threshold}
    answer(facts, f"The model is in {out}: validation one-shot accuracy {facts['validation_accuracy']:.1%}.", as_json)
