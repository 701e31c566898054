"""``gemel demo``."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemel.cli.console import progress, stderr
from gemel.cli.serving import free, open_browser, page, serve_extra
from gemel.errors import MissingExtraError

if TYPE_CHECKING:
    from gemel.workflows.demo import Demonstration


#: The packaged model that serves the page.
CHARACTERS = "characters"

#: What is told about verification: names for people, keys of the results.
PAIR_FIGURES = {"area under ROC": "auc", "equal error rate": "eer"}


def demo(
    out: Annotated[
        Path, typer.Option(help="The run folder; one that an earlier demo made is replaced, its gallery included.")
    ] = Path("runs/demo"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Hardly train, to see that everything works; the figures are poor.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed, other alphabets and another training.")] = 0,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The page's port; another where it is taken, any for 0.")
    ] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the report, without the page.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve the page, but open no browser.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object, and end: no page is served.")
    ] = False,
) -> None:
    """Show the main job on built-in data: learn likeness from made-up alphabets, then recognise what was never seen.

    A siamese model is trained; nothing is downloaded, and two cores do it within five minutes. Then the web page is
    served, until Ctrl-C: draw characters of your own, and they are recognised by the packaged model `characters`.

    Example: `gemel demo --seed 1 --out runs/other`
    """
    from gemel.training.progress import Bar
    from gemel.workflows.demo import demo as run_demo

    with progress("drawing the alphabets") as tell:
        found = run_demo(out, quick, seed, Bar(stderr), tell)
    if as_json:
        sys.stdout.write(json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    else:
        show(found)
        fill_gallery(found)
    if not (as_json or no_serve):
        serve(found, port, not no_browser)


def fill_gallery(found: Demonstration) -> None:
    """Enrol the demo's characters in a gallery of the packaged model, which the page then shows."""
    from gemel.gallery import Gallery
    from gemel.loading import load

    with Gallery(found.gallery, load(CHARACTERS)) as gallery:
        gallery.exchange.import_from(found.examples.support, who="gemel demo")


def serve(found: Demonstration, port: int, browser: bool) -> None:
    """Serve the page until Ctrl-C, which is no failure: the demo has shown what it shows."""
    try:
        with serve_extra():
            from gemel.server.serving import serve as serve_gallery

            mount = page(found.run.parent)
    except MissingExtraError as error:
        stderr.print(f"\n{error} The last command above then shows the page.", markup=False, soft_wrap=True)
        return
    address, jobs, tell = str(found.gallery), found.run / "jobs", partial(announce, browser)
    with suppress(KeyboardInterrupt):
        serve_gallery(CHARACTERS, address, port=free(port), mount=mount, jobs=jobs, tell=tell)
    stderr.print("The last command above shows the page again.")


def announce(browser: bool, address: str) -> None:
    """Tell where the page is, and show it in the browser if wanted."""
    stderr.print(f"\nDraw and recognise at {address} (Ctrl-C ends)", markup=False, soft_wrap=True)
    if browser:
        open_browser(address)


def show(found: Demonstration) -> None:
    """Print the figures, the answers, where everything is, and what to type next."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print()
    console.print(table(found))
    for title, lines in sections(found).items():
        console.print(f"\n[bold]{title}[/bold]")
        for line in lines:
            console.print(f"  {line}", markup=False)


def table(found: Demonstration) -> Any:
    """Return the figures with their 95 % intervals, beside what guessing would give."""
    from rich import box
    from rich.table import Table

    verification = found.glyphs["verification"]
    pairs = [(f"same or different: {name}", verification[key], 0.5) for name, key in PAIR_FIGURES.items()]
    rows = Table("on what it never saw", "95 % interval", "by guessing", box=box.SIMPLE_HEAD)
    parts = {
        "other made-up alphabets": [*one_shot(found.glyphs), *pairs],
        "real digits, without training on them": one_shot(found.digits),
    }
    for title, figures in parts.items():
        rows.add_row(f"[bold]{title}[/bold]")
        for name, rate, guess in figures:
            rows.add_row(f"  {name}", in_words(rate), f"{100 * guess:.0f} %")
    return rows


def one_shot(figures: dict[str, Any]) -> list[tuple[str, dict[str, Any], float]]:
    """Return the name, the value with its interval, and the guesser's value of each one-shot accuracy."""
    results = sorted(
        (one for name, one in figures.items() if name.endswith("_way_1_shot")), key=lambda one: int(one["ways"])
    )
    return [(f"{one['ways']}-way one-shot accuracy", one["accuracy"], 1 / one["ways"]) for one in results]


def in_words(rate: dict[str, Any]) -> str:
    """Return a rate with its interval as ``97.2 % ± 0.3``."""
    from gemel.evaluation import Estimate

    low, high = rate["ci95"]
    return str(Estimate(rate["value"], (low, high)))


def sections(found: Demonstration) -> dict[str, list[str]]:
    """Return what is printed below the figures, by heading."""
    run, examples = str(found.run), found.examples
    same, different = found.verdicts
    known, stranger = found.identifications
    program = "gemel" if shutil.which("gemel") else sys.argv[0]
    commands = (
        ["verify", run, str(examples.known), str(examples.again)],
        ["identify", run, "--support", str(examples.support), str(examples.known), str(examples.stranger)],
        ["evaluate", run, "--data", "digits", "--ways", "10"],
        ["train", "FOLDER_OF_CLASSES", "--out", "runs/mine"],
        ["serve", CHARACTERS, "--gallery", str(found.gallery), "--runs", str(found.run.parent)],
    )
    return {
        "Two drawings of one character, and two of different ones": [str(same), str(different)],
        f"A drawing of {examples.label}, which is enrolled, and one of a character that is not": [
            str(known),
            str(stranger),
        ],
        f"The model, {found.seconds:.0f} s from the start": [run],
        "The pictures": [str(path) for path in found.pictures.values()],
        "What to type next": [shlex.join([program, *command]) for command in commands],
    }
