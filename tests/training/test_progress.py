from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from gemel.training import progress
from gemel.training.progress import Bar, Record

FIRST = Record(step=50, loss=1.5, accuracy=0.25, items_per_second=1234.0, seconds=10.0)
SECOND = Record(step=60, loss=0.75, accuracy=0.125, items_per_second=2000.0, seconds=12.0)


class Clock:
    """Stands still unless told otherwise."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_plain_lines_where_there_is_no_terminal(clock: Clock) -> None:
    output = StringIO()
    bar = Bar(Console(file=output, width=40))
    bar.begin(40, 200)
    for step in range(41, 51):
        clock.now += 0.5
        bar.step(step, 8)
    bar.record(FIRST, FIRST)
    clock.now += 5
    bar.record(SECOND, FIRST)
    bar.say("warning: [bold]all[/bold] is lost, and this line is longer than the console is wide")
    bar.end()
    assert output.getvalue() == (
        "step 50/200  loss 1.500  one-shot 25.0% (best 25.0%)  1,234 items/s  75 s left\n"
        "step 60/200  loss 0.750  one-shot 12.5% (best 25.0%)  2,000 items/s  70 s left\n"
        "warning: [bold]all[/bold] is lost, and this line is longer than the console is wide\n"
    )


def test_what_is_watched_may_be_an_error(clock: Clock) -> None:
    output = StringIO()
    bar = Bar(Console(file=output), "error", lambda value: f"{-value:.3f}")
    bar.begin(0, 200)
    bar.record(replace(FIRST, accuracy=-2.5), replace(SECOND, accuracy=-1.25))
    assert "loss 1.500  error 2.500 (best 1.250)" in output.getvalue()


def test_a_bar_on_a_terminal_shows_figures_rate_and_time_left(clock: Clock) -> None:
    output = StringIO()
    bar = Bar(Console(file=output, width=160, force_terminal=True, color_system=None))
    bar.begin(40, 200)
    for step in range(41, 51):
        clock.now += 0.5
        bar.step(step, 8)
    bar.record(FIRST, FIRST)
    bar.end()
    text = output.getvalue()
    for part in ("training", "50/200", "loss 1.500  one-shot 25.0% (best 25.0%)", "16 items/s", "left"):
        assert part in text
    assert "step 50" not in text


def test_a_resumed_bar_does_not_count_what_was_done_before(clock: Clock) -> None:
    bar = Bar(Console(file=StringIO()))
    bar.begin(0, 100)
    bar.begin(90, 100)
    clock.now += 2
    bar.step(91, 8)
    (task,) = bar.bar.tasks
    assert (task.completed, task.total) == (91, 100)
    assert task.fields["rate"] == 4.0
