"""How commands speak: figures for programs on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

#: Progress, remarks and warnings.
stderr = Console(stderr=True, highlight=False)


def answer(value: Any, text: str, as_json: bool) -> None:
    """Print a result: one JSON value, or the text for a person."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False) if as_json else text
    sys.stdout.write(line + "\n")


class Rate(ProgressColumn):
    """Things done a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function (done, total) that draws a bar with the rate and the time left, on a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)
    task = bar.add_task(what, total=None)

    def tell(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        (bar.start if done < total else bar.stop)()  # a full bar makes room for what comes next

    try:
        yield tell
    finally:
        bar.stop()
