"""A benchmark's results as a page to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gemel.bench.definition import Definition, Setting, Trained
from gemel.bench.row import Difference, Results, Row

#: Told where there is such a row.
TRANSDUCTIVE = (
    "A transductive method sees all queries of an episode together, if only by the statistics of its batch norms, and "
    "may know that they are equally many of each class: its rows compare with each other alone."
)


def page(definition: Definition, results: Results) -> str:
    """Return Markdown: the papers' figures beside ours, the differences between methods, how it was measured."""
    rows = [row for row in results.rows if row.protocol in definition.protocols and row.method in definition.methods]
    protocols = [name for name in definition.protocols if any(row.protocol == name for row in rows)]
    parts = [
        f"# {definition.description}",
        "Accuracy in per cent with its 95 % interval over the episodes; in brackets the paper's, and **below** where "
        f"ours is below it. Written by `gemel bench {definition.name}`.",
        f"![The table as a figure]({definition.name}.png)",
    ]
    for name in protocols:
        parts += [f"## {name}", accuracies(definition, [row for row in rows if row.protocol == name])]
    if any(definition.methods[row.method].transductive for row in rows):
        parts.append(TRANSDUCTIVE)
    if results.differences:
        parts += ["## Differences on the very same episodes", differences(results.differences)]
    parts += ["## How it was measured", circumstances(definition, rows), sources(definition)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def accuracies(definition: Definition, rows: Sequence[Row]) -> str:
    """Return the table of one protocol: a line a method, a column a setting."""
    settings = sorted({row.setting for row in rows})
    cells = {(row.method, row.setting): cell(row) for row in rows}
    methods = [name for name in definition.methods if any(row.method == name for row in rows)]
    lines = [[definition.label(name), *(cells.get((name, setting), "–") for setting in settings)] for name in methods]
    return table(["method", *map(in_words, settings)], lines)


def in_words(setting: Setting) -> str:
    """Return ``20-way 1-shot``."""
    return f"{setting.ways}-way {setting.shots}-shot"


def cell(row: Row) -> str:
    """Return a row's accuracy, and the paper's where there is one."""
    ours = f"{100 * row.accuracy:.2f} ± {50 * (row.ci95[1] - row.ci95[0]):.2f}"
    if row.paper is None:
        return ours
    return f"{ours} ({100 * row.paper:.1f}{', **below**' if row.accuracy < row.paper else ''})"


def differences(found: Sequence[Difference]) -> str:
    """Return how far each method is from the best, in percentage points."""
    lines = [
        (one.protocol, in_words(Setting(one.ways, one.shots)), one.method, one.other, points(one)) for one in found
    ]
    return table(["protocol", "setting", "method", "against the best", "difference, points"], lines)


def points(one: Difference) -> str:
    """Return a difference and its interval in percentage points."""
    value, low, high = (f"{100 * part:+.2f}".replace("-", "−") for part in (one.difference, *one.ci95))
    return f"{value} ({low} to {high})"


def circumstances(definition: Definition, rows: Iterable[Row]) -> str:
    """Return a line a model: its size, its training, its weights, and where it was measured."""
    models = {definition.trained(row.method, row.protocol, row.setting): row for row in rows}
    lines = [
        (
            trained.method, of(trained), f"{row.recipe}, seed {row.seed}", f"{row.parameters:,}", f"{row.steps:,}",
            f"{row.train_seconds / 60:.0f} min", row.weights_sha256[:12], f"{row.device}, {row.hardware}", row.date,
        )
        for trained, row in models.items()
    ]  # fmt: skip
    head = ["method", "learnt from", "recipe", "parameters", "steps", "training", "weights", "measured on", "date"]
    return table(head, lines)


def of(trained: Trained) -> str:
    """Return what a model has learnt from, and for which setting, if for one alone."""
    return trained.training if trained.setting is None else f"{trained.training}, {in_words(trained.setting)}"


def sources(definition: Definition) -> str:
    """Return whose the published figures are."""
    lines = [f"- {one.method}, {one.protocol}: {one.source}" for one in definition.published]
    return "\n".join(["Published figures:", "", *lines]) if lines else ""
