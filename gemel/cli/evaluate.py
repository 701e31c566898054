"""``gemel evaluate``."""

from __future__ import annotations

from typing import Annotated

import typer

from gemel.cli.console import answer, progress


def evaluate(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    protocol: Annotated[
        str, typer.Option(help="episodes, verification, retrieval, open-set, instances or one-shot-runs.")
    ] = "episodes",
    data: Annotated[str | None, typer.Option(help="Other data; by default the model's own test classes.")] = None,
    ways: Annotated[int, typer.Option(min=2, help="Classes in an episode.")] = 5,
    shots: Annotated[int, typer.Option(min=1, help="Support items a class.")] = 1,
    queries: Annotated[int, typer.Option(min=1, help="Query items a class.")] = 15,
    episodes: Annotated[int, typer.Option(min=2, help="Episodes.")] = 1000,
    pairs: Annotated[int, typer.Option(min=2, help="Verification pairs, half same and half different.")] = 20_000,
    within_group: Annotated[
        bool, typer.Option("--within-group", help="Classes of one episode, or pair, from one group.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the drawing.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a model on classes it never saw, with 95 % intervals.

    Example: `gemel evaluate runs/parts --protocol verification --json`
    """
    from gemel.loading import load
    from gemel.workflows.evaluating import Plan
    from gemel.workflows.evaluating import evaluate as evaluate_model

    plan = Plan(ways, shots, queries, episodes, pairs, within_group, seed)
    with progress("embedding") as tell:
        result = evaluate_model(load(run), protocol, data, plan, tell)
    answer(result.to_json(), str(result), as_json)
