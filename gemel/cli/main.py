"""``gemel``: its commands, and how they end."""

from __future__ import annotations

import os
import sys

import typer
from typer.exceptions import TyperException

from gemel.cli import (
    bench,
    data,
    demo,
    embed,
    enrol,
    evaluate,
    gallery,
    identify,
    keys,
    optimiser,
    plot,
    serve,
    sinusoids,
    train,
    verify,
)
from gemel.cli.console import stderr
from gemel.errors import GemelError

app = typer.Typer(
    name="gemel",
    help="Twin networks and few-shot learning: learn likeness from a few examples, then verify and recognise.",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.add_typer(data.app, name="data")
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("verify")(verify.verify)
app.command("identify")(identify.identify)
app.command("enrol")(enrol.enrol)
app.add_typer(gallery.app, name="gallery")
app.command("embed")(embed.embed)
app.command("plot")(plot.plot)
app.command("serve")(serve.serve)
app.add_typer(keys.app, name="keys")
app.command("bench")(bench.bench)
app.command("optimiser")(optimiser.optimiser)
app.command("sinusoids")(sinusoids.sinusoids)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 on success, 2 on bad input with one ``error:`` line, 130 after an interrupt."""
    sys.exit(outcome(arguments))


def outcome(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        status = app(args=given or ["--help"], prog_name="gemel", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        status = 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the reader has gone; Python flushes on exit
        status = 0
    except (GemelError, TyperException) as error:
        text = error.format_message() if isinstance(error, TyperException) else str(error)
        stderr.print(f"error: {' '.join(text.split())}", markup=False, soft_wrap=True)
        status = 2
    if status == 130:
        stderr.print("interrupted")
    return status or 0
