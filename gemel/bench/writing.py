"""A benchmark, end to end: asked, written down, drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from gemel.bench.bench import Bench, Question
from gemel.bench.definition import Definition
from gemel.bench.report import cell, in_words, page
from gemel.bench.row import Results, Row
from gemel.files import write_text
from gemel.plots.bench import Mark, benchmark
from gemel.plots.saving import save


def written(bench: Bench, questions: Sequence[Question], folder: Path, tell: Callable[[Row], None]) -> Results:
    """Ask everything, write each row as it comes, then the page and the figure; return what was asked.

    The folder's ``NAME.json`` keeps rows of former calls and their differences, whose answers may be gone by now; a new
    one takes the place of its like.
    """
    file, rows = folder / f"{bench.definition.name}.json", []
    for row in bench.rows(questions):
        rows.append(row)
        Results.read(file).with_rows([row]).write(file)
        tell(row)
    everything = Results.read(file)
    everything = replace(everything, differences=tuple(bench.differences(everything)))
    everything.write(file)
    write_text(file.with_suffix(".md"), page(bench.definition, everything))
    save(figure(bench.definition, everything), file.with_suffix(".png"))
    keys = {row.key for row in rows}
    return Results(tuple(rows), tuple(one for one in everything.differences if one.key in keys))


def figure(definition: Definition, results: Results) -> Figure:
    """Return the results as a picture."""
    panels: dict[str, list[Mark]] = {name: [] for name in definition.protocols}
    for row in sorted(results.rows, key=lambda row: row.setting):
        if row.protocol in panels:
            panels[row.protocol].append(mark(row, definition.label(row.method)))
    order = [definition.label(name) for name in definition.methods]
    known = {name: sorted(marks, key=lambda one: order.index(one.method)) for name, marks in panels.items() if marks}
    return benchmark(known, definition.description)


def mark(row: Row, name: str) -> Mark:
    """Return a row's error as it is drawn, under a method's name."""
    low, high = row.ci95
    paper = None if row.paper is None else 1 - row.paper
    return Mark(name, in_words(row.setting), 1 - row.accuracy, (1 - high, 1 - low), paper)


def line(row: Row) -> str:
    """Return a row for a person to read."""
    return f"{row.method}, {row.protocol}, {in_words(row.setting)}: {cell(row).replace('**', '')} %"
