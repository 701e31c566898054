"""``gemel bench``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemel.cli.console import answer, progress, stderr

if TYPE_CHECKING:
    from gemel.bench import Results


def listed(text: str) -> list[str]:
    """Return the parts of ``a,b``."""
    return [part.strip() for part in text.split(",") if part.strip()]


def lines(results: Results) -> str:
    """Return the rows for a person to read."""
    from gemel.bench.writing import line

    return "\n".join(map(line, results.rows))


def bench(
    name: Annotated[str, typer.Argument(help="omniglot or images.")],
    methods: Annotated[str, typer.Option("--methods", "--method", help="Some of them: prototypical,relation")] = "",
    settings: Annotated[str, typer.Option(help="Some of them: 5w1s,20w5s")] = "",
    protocols: Annotated[str, typer.Option(help="Some of them: vinyals,official-runs")] = "",
    data: Annotated[
        str, typer.Option(help="For images: your own folder, zip or CSV, in place of the public sets.")
    ] = "",
    queries: Annotated[int, typer.Option(min=1, help="With --data: items a class to be recognised.")] = 15,
    recheck: Annotated[Path | None, typer.Option(help="Ask this run, and write nothing.")] = None,
    budget: Annotated[float, typer.Option(min=0.01, help="Minutes a training; its steps are fitted to them.")] = 45.0,
    resume: Annotated[bool, typer.Option(help="Go on with trainings that were interrupted.")] = True,
    episodes: Annotated[int, typer.Option(min=2, help="Episodes.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the episodes' drawing.")] = 0,
    runs: Annotated[Path, typer.Option(help="The folder of the models.")] = Path("runs/bench"),
    out: Annotated[Path, typer.Option(help="The folder for results, table and figure.")] = Path("benchmarks/results"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as one JSON object.")] = False,
) -> None:
    """Train every method that is not trained yet, ask all of them the same episodes, and set them beside the papers.

    Example: `gemel bench omniglot --methods prototypical,relation --protocols vinyals`;
    `gemel bench omniglot --methods prototypical --settings 5w1s --recheck runs/prototypical` asks a run of your own.
    """
    from gemel.bench import Bench, Models, Results, Setting, definition
    from gemel.bench.writing import line, written
    from gemel.training.progress import Bar

    asked = [*map(Setting.read, listed(settings))]
    chosen = definition(name).on(data, asked, queries) if data else definition(name)
    with progress("embedding") as tell:
        models = Models(chosen, runs, budget, resume, lambda: Bar(stderr), tell)
        asking = Bench(chosen, models, episodes, seed)
        questions = asking.questions(listed(methods), listed(protocols), asked)
        if recheck is not None:
            results = Results(tuple(asking.rechecked(recheck, questions)))
        else:
            results = written(asking, questions, out, lambda row: stderr.print(line(row), highlight=False))
    answer(results.to_json(), f"The table is in {out / name}.md." if recheck is None else lines(results), as_json)
