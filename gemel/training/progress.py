"""What a training tells while it runs, and to whom."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@dataclass(frozen=True)
class Record:
    """One validation: where training stood, and how good it was.

    ``loss`` and ``metrics`` are means over the steps since the last record; ``accuracy`` is the one-shot accuracy on
    the validation classes, 0 ... 1, or, where numbers are learnt, less the squared error; ``items_per_second`` counts
    training items, the validation left out; ``seconds`` is the time so far, validations included.
    """

    step: int
    loss: float
    accuracy: float
    items_per_second: float
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return asdict(self)


class Reporter(ABC):
    """Is told how a training goes."""

    @abstractmethod
    def begin(self, step: int, steps: int) -> None:
        """Training starts, or goes on, at ``step``."""

    @abstractmethod
    def step(self, step: int, items: int) -> None:
        """A step is done."""

    @abstractmethod
    def record(self, record: Record, best: Record) -> None:
        """A validation is done."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Something a person should read."""

    @abstractmethod
    def end(self) -> None:
        """Training has stopped."""


class Silent(Reporter):
    """Tells nobody."""

    def begin(self, step: int, steps: int) -> None:
        pass

    def step(self, step: int, items: int) -> None:
        pass

    def record(self, record: Record, best: Record) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def end(self) -> None:
        pass


class Bar(Reporter):
    """A live bar with loss, accuracy, rate and time left; plain lines where the output is no terminal.

    Args:
        console: where it is drawn.
        watched: what a record's ``accuracy`` is called.
        shown: the accuracy -> text.
    """

    def __init__(
        self, console: Console, watched: str = "one-shot", shown: Callable[[float], str] = "{:.1%}".format
    ) -> None:
        self.console, self.watched, self.shown = console, watched, shown
        self.items = self.first = self.steps = 0
        self.since = 0.0
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TextColumn("{task.fields[rate]:,.0f} items/s"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("training", total=None, figures="", rate=0.0)

    def begin(self, step: int, steps: int) -> None:
        self.items, self.first, self.steps = 0, step, steps
        self.since = time.monotonic()
        self.bar.reset(self.task, total=steps, completed=step, figures="", rate=0.0)
        self.bar.start()

    def step(self, step: int, items: int) -> None:
        self.items += items
        rate = self.items / max(time.monotonic() - self.since, 1e-9)
        self.bar.update(self.task, completed=step, rate=rate)

    def record(self, record: Record, best: Record) -> None:
        now, highest = self.shown(record.accuracy), self.shown(best.accuracy)
        figures = f"loss {record.loss:.3f}  {self.watched} {now} (best {highest})"
        self.bar.update(self.task, figures=figures)
        if not self.console.is_terminal:
            rate = f"{record.items_per_second:,.0f} items/s"
            self.say(f"step {record.step}/{self.steps}  {figures}  {rate}  {self._left(record.step):.0f} s left")

    def _left(self, step: int) -> float:
        """Return the seconds left if the rest goes as what was done since the beginning."""
        return (time.monotonic() - self.since) / max(1, step - self.first) * (self.steps - step)

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        self.bar.stop()
