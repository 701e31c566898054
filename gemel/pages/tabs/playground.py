"""N-way K-shot episodes, live, by any method, on characters that were made up a moment ago."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np
from nicegui import ui

from gemel.evaluation.intervals import mean_rate
from gemel.loading import load
from gemel.model import Model
from gemel.pages.arena import Arena, Episode, Task, quick_model
from gemel.pages.charts import episodes
from gemel.pages.desk import Desk
from gemel.pages.parts import card, columns, empty, heading, row, slider, stack
from gemel.pages.pictures import of_pixels, picture
from gemel.pages.runs import runs_in
from gemel.pages.troubles import SaidError
from gemel.plots.style import percent
from gemel.recipes.methods import METHODS

#: Episodes of one go; seconds between two, at least, so that one can follow.
EPISODES, PAUSE = 200, 0.4

#: What is chosen at first.
FIRST = "characters"

#: What stands before a method's name where it is learnt here, and before a run's.
FRESH, RUN = "method:", "run:"


async def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "playground")
    box = stack().style("gap: 1rem")
    offered = await desk.ask("read", choices, desk)
    with box:
        Playground(desk, offered or {FIRST: FIRST})


class Playground:
    """The choice of method and task, the accuracy so far, and the last episode."""

    def __init__(self, desk: Desk, offered: dict[str, str]) -> None:
        self.desk = desk
        self.rates: list[float] = []
        self.running = False
        self.models: dict[tuple[str, int], Model] = {}
        self.done = (0, 1)
        with columns():
            with card(desk.say("playground.task"), "g-third"):
                self._controls(offered)
            with card(desk.say("playground.accuracy"), "g-two-thirds"):
                self.figure = ui.label(desk.say("playground.none")).classes("g-answer g-number").mark("accuracy")
                self.note = ui.label(desk.say("playground.none.text")).classes("g-muted")
                self.chart = ui.echart(self._chart())
        with card(desk.say("playground.last")):
            self.shown = stack()
        with self.shown:
            empty("casino", desk.say("playground.empty"), desk.say("playground.empty.text"))

    def _controls(self, offered: dict[str, str]) -> None:
        """Show what can be chosen."""
        say = self.desk.say
        self.method = ui.select(offered, value=FIRST, label=say("playground.method"), with_input=True)
        self.method.props("outlined dense").classes("w-full").mark("method")
        self.steps = slider(say("playground.steps"), 0, 300, 20, 100)
        self.steps.bind_enabled_from(self.method, "value", lambda value: str(value).startswith(FRESH))
        self.ways = slider(say("playground.ways"), 2, 20, 1, 5)
        self.shots = slider(say("playground.shots"), 1, 5, 1, 1)
        self.queries = slider(say("playground.queries"), 1, 3, 1, 2)
        self.seed = ui.number(say("playground.seed"), value=0, min=0, max=9999, precision=0).props("outlined dense")
        with row():
            self.start = ui.button(say("playground.start"), icon="play_arrow", on_click=self._run).props("unelevated")
            self.stop = ui.button(say("playground.stop"), icon="stop", on_click=self._stop).props("flat").mark("stop")
        self.start.mark("start")
        self.stop.disable()
        self.bar = ui.linear_progress(0, show_value=False).props("rounded")
        self.bar.visible = False

    def _task(self) -> Task:
        """Return what is chosen."""
        chosen = (self.ways.value, self.shots.value, self.queries.value, self.seed.value or 0)
        return Task(*(int(value) for value in chosen))

    def _stop(self) -> None:
        """End after the episode that runs."""
        self.running = False

    async def _run(self) -> None:
        """Make the model ready, then run episodes until told to stop."""
        self.rates, self.running = [], True
        self.start.disable()
        self.stop.enable()
        self.note.text = self.desk.say("playground.ready")
        model = await self._ready(str(self.method.value), int(self.steps.value))
        if model is not None:
            await self._episodes(Arena(model, self._task()))
        if not self.start.is_deleted:
            self.start.enable()
            self.stop.disable()
        self.running = False

    async def _ready(self, chosen: str, steps: int) -> Model | None:
        """Return the model that is chosen, learnt here if it must be; those that were stay ready."""
        if (chosen, steps) not in self.models:
            self.done, self.bar.visible = (0, 1), True
            watch = ui.timer(0.3, lambda: self.bar.set_value(self.done[0] / max(1, self.done[1])))
            found = await self.desk.ask("read", chosen_model, self.desk, chosen, steps, self._told)
            watch.cancel()
            self.bar.visible = False
            if found is None:
                return None
            self.models = {(chosen, steps): found}
        return self.models[chosen, steps]

    def _told(self, done: int, total: int) -> None:
        """Note how far the training is."""
        self.done = done, total

    async def _episodes(self, arena: Arena) -> None:
        """Run and show one episode after the other."""
        for number in range(EPISODES):
            began = time.monotonic()
            found = await self.desk.ask("read", arena.episode, number)
            if found is None or not self.running or self.chart.is_deleted:
                return
            self._show(arena, found)
            await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - began)))

    def _show(self, arena: Arena, episode: Episode) -> None:
        """Show the accuracy so far and the episode."""
        say = self.desk.say
        self.rates.append(episode.accuracy)
        self.figure.text = str(mean_rate(np.array(self.rates))) if len(self.rates) > 1 else percent(self.rates[0])
        guess = percent(1 / arena.task.ways)
        self.note.text = say("playground.told", count=len(self.rates), guess=guess)
        self.chart.options.update(self._chart())
        self.chart.update()
        with self.shown.clear():
            ui.label(say("playground.legend")).classes("g-muted g-small")
            with ui.element("div").style("overflow-x: auto; padding: 4px"):
                for place in range(arena.task.ways):
                    self._class(arena, episode, place)

    def _class(self, arena: Arena, episode: Episode, place: int) -> None:
        """Show one class: its support, then its queries, framed by whether they were told."""
        say = self.desk.say
        with row().style("gap: 0.5rem; padding: 3px; width: max-content"):
            ui.label(str(place + 1)).classes("g-muted g-number").style("width: 1.4rem")
            for item in episode.support[place]:
                picture(of_pixels(arena.drawings[item]), say("playground.support"), "g-44")
            ui.icon("chevron_right").classes("g-muted")
            for item, answer in zip(episode.query[place], episode.answers[place], strict=True):
                said = say("playground.right") if answer == place else say("playground.wrong", place=answer + 1)
                frame = "g-frame-yes" if answer == place else "g-frame-no"
                picture(of_pixels(arena.drawings[item]), said, f"g-44 {frame}").tooltip(said)

    def _chart(self) -> dict[str, object]:
        """Return the chart of the rates so far."""
        say = self.desk.say
        names = say("playground.dots"), say("playground.mean"), say("playground.band")
        return episodes(self.rates, names, say("playground.x"), say("playground.y"))


def choices(desk: Desk) -> dict[str, str]:
    """Return what may be chosen, and how it is called: trained models, then every method, to be learnt here."""
    say = desk.say
    trained = {FIRST: say("playground.packaged", name=FIRST), "served": say("playground.served")}
    runs = {
        f"{RUN}{run.name}": say("playground.run", name=run.name) for run in runs_in(desk.studio.runs) if run.finished
    }
    return trained | runs | {f"{FRESH}{name}": say("playground.fresh", name=name) for name in METHODS}


def chosen_model(desk: Desk, chosen: str, steps: int, tell: Callable[[int, int], None]) -> Model:
    """Return the model of a choice, learnt where it is none yet.

    Raises:
        GemelError: the run is damaged, the method unknown, or somebody else's training takes place.
    """
    studio = desk.studio
    if chosen == "served":
        return studio.model
    if chosen.startswith(RUN):
        folders = {run.name: run.folder for run in runs_in(studio.runs)}
        return load(folders[chosen.removeprefix(RUN)])
    if chosen.startswith(FRESH):
        return learnt(desk, chosen.removeprefix(FRESH), steps, tell)
    return studio.characters()


def learnt(desk: Desk, method: str, steps: int, tell: Callable[[int, int], None]) -> Model:
    """Return a model trained here; one training at a time, whoever asks, so that answers do not wait for many.

    Raises:
        SaidError: another one takes place.
    """
    if not desk.studio.training.acquire(blocking=False):
        raise SaidError(desk.say("playground.busy"))
    try:
        return quick_model(method, steps, tell)
    finally:
        desk.studio.training.release()
