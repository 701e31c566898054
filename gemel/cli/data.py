"""``gemel data inspect`` and ``gemel data get``."""

from __future__ import annotations

from typing import Annotated

import typer

from gemel.cli.console import answer, progress

app = typer.Typer(help="Look at data, and fetch public sets.")


@app.command("inspect")
def inspect(
    path: Annotated[str, typer.Argument(help="A folder, zip or CSV of labelled pictures, or a name such as omniglot.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what is in a data set, and what is wrong with it, with advice.

    Example: `gemel data inspect photos/`
    """
    from gemel.data import open_source
    from gemel.data.doctor import inspect as inspect_source

    with progress("looking") as tell:
        report = inspect_source(open_source(path), tell)
    answer(report.to_json(), str(report), as_json)


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(help="omniglot or fashion_mnist.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the files' paths as one JSON object.")] = False,
) -> None:
    """Download a public data set, checked, and resumed where it was cut off.

    Example: `gemel data get omniglot`
    """
    from gemel.data.download import get as download

    with progress(f"downloading {name}") as tell:
        files = download(name, progress=tell)
    answer({"name": name, "files": [str(file) for file in files]}, "\n".join(map(str, files)), as_json)
