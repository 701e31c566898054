"""Runs: how their training went, how good they are, and several beside each other."""

from __future__ import annotations

import re
from functools import partial

from nicegui import ui

from gemel.pages.charts import curves
from gemel.pages.desk import Desk
from gemel.pages.parts import card, chip, columns, empty, heading, row, stack, titled, unread
from gemel.pages.pictures import picture
from gemel.pages.runs import Run, named, runs_in
from gemel.pages.texts import Texts
from gemel.plots.style import percent

#: Runs that are shown beside each other.
MOST_COMPARED = 5

#: The figures of a report, and the words for them.
FIGURES = {
    r"(?P<ways>\d+)_way_(?P<shots>\d+)_shot accuracy": "episodes",
    r"verification auc": "auc",
    r"verification eer": "eer",
    r"verification accuracy": "accuracy",
    r"verification tar_at_far (?P<far>[\d.]+)": "tar",
}


async def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "runs")
    await show(desk, stack().style("gap: 1rem"))


async def show(desk: Desk, box: ui.element) -> None:
    """Show the runs in a box."""
    with box.clear():
        ui.spinner(size="lg")
    found = await desk.ask("read", runs_in, desk.studio.runs)
    box.clear()
    if found is None:
        return unread(desk, box, partial(show, desk, box))
    with box:
        Runs(desk, found)
    return None


class Runs:
    """The list of runs, and those that are chosen."""

    def __init__(self, desk: Desk, found: list[Run]) -> None:
        self.desk, self.found = desk, found
        self.chosen: list[Run] = [run for run in found if run.history][:1]
        if not found:
            with card():
                empty("folder_open", desk.say("runs.none"), desk.say("runs.none.text", folder=desk.studio.runs))
            return
        with columns():
            with card(desk.say("runs.all", count=len(found)), "g-third"), stack("g-scroll"):
                for run in found:
                    self._entry(run)
            self.shown = stack("g-two-thirds").style("gap: 1rem")
        self._show()

    def _entry(self, run: Run) -> None:
        """Show one run in the list, to be chosen."""
        with row().mark("run"):
            box = ui.checkbox(value=run in self.chosen, on_change=lambda event: self._choose(run, bool(event.value)))
            box.props["aria-label"] = run.name
            with stack("g-tight g-grow"):
                titled(run.name)
                ui.label(f"{run.learner} · {run.encoder}").classes("g-muted g-small g-clip")
            if not run.finished:
                chip(self.desk.say("runs.unfinished"), "g-maybe")
            elif run.history:
                chip(percent(max(record.accuracy for record in run.history)), "g-yes g-number")

    def _choose(self, run: Run, wanted: bool) -> None:
        """Take a run into the comparison, or out; the one chosen first gives way."""
        self.chosen = [each for each in self.chosen if each is not run] + ([run] if wanted else [])
        self.chosen = self.chosen[-MOST_COMPARED:]
        self._show()

    def _show(self) -> None:
        """Show the curves, the figures and the cards of what is chosen."""
        say = self.desk.say
        with self.shown.clear():
            if not self.chosen:
                with card():
                    empty("checklist", say("runs.choose"), say("runs.choose.text", most=MOST_COMPARED))
                return
            with columns():
                with card(say("runs.accuracy"), "g-half"):
                    ui.echart(accuracy_curves(self.chosen, say("runs.step"), ""))
                with card(say("runs.loss"), "g-half"):
                    ui.echart(loss_curves(self.chosen, say("runs.step"), ""))
            with card(say("runs.figures")):
                self._figures()
            for run in self.chosen:
                self._card(run)

    def _figures(self) -> None:
        """Show every figure that one of the chosen has, a column a run."""
        names = list(dict.fromkeys(name for run in self.chosen for name in run.figures))
        if not names:
            ui.label(self.desk.say("runs.unmeasured")).classes("g-muted")
            return
        side = {"align": "left", "field": "figure", "name": "figure", "label": self.desk.say("runs.figure")}
        numbered = {f"run {number}": run for number, run in enumerate(self.chosen)}
        heads = [{"name": key, "label": run.name, "field": key} for key, run in numbered.items()]
        rows = [
            {"figure": figure_name(name, self.desk.say)} | {key: told(run, name) for key, run in numbered.items()}
            for name in names
        ]
        ui.table(columns=[side, *heads], rows=rows, row_key="figure").props("flat dense wrap-cells")

    def _card(self, run: Run) -> None:
        """Show what a run is, and its pictures."""
        say = self.desk.say
        with card(run.name).mark("card"):
            description = str(run.recipe.get("description") or "")
            if description:
                ui.label(description).classes("g-muted")
            with row("g-wrap"):
                for part in ("learner", "encoder", "similarity", "loss"):
                    if run.recipe.get(part):
                        word = say(f"part.{part}")
                        chip(f"{word}: {named(run.recipe[part])}")
                if not run.finished:
                    chip(say("runs.unfinished"), "g-maybe")
            for name, path in run.pictures.items():
                with ui.expansion(say(f"runs.{name}")).classes("w-full").props("dense"):
                    picture(path.read_bytes(), say(f"runs.{name}"), "g-plot")


def figure_name(name: str, say: Texts) -> str:
    """Return a figure's name in words; one that has none as it is written."""
    for pattern, key in FIGURES.items():
        if found := re.fullmatch(pattern, name):
            return say(f"figure.{key}", **found.groupdict())
    return name.replace("_", " ")


def told(run: Run, name: str) -> str:
    """Return a run's figure with its interval, in per cent."""
    if name not in run.figures:
        return "–"
    value, (low, high) = run.figures[name]["value"], run.figures[name]["ci95"]
    return f"{100 * value:.1f} % ({100 * low:.1f} – {100 * high:.1f})"


def accuracy_curves(chosen: list[Run], x: str, y: str) -> dict[str, object]:
    """Return the validation classes' one-shot accuracy, in per cent, over the steps of each run."""
    lines = {run.name: ([r.step for r in run.history], [100 * r.accuracy for r in run.history]) for run in chosen}
    return curves(lines, x, y, y_axis={"scale": True})


def loss_curves(chosen: list[Run], x: str, y: str) -> dict[str, object]:
    """Return the training loss over the steps of each run."""
    lines = {run.name: ([r.step for r in run.history], [r.loss for r in run.history]) for run in chosen}
    return curves(lines, x, y, y_axis={"scale": True})
