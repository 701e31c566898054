"""Where to draw the line: the gallery's own scores, and what each threshold lets in and keeps out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from nicegui import ui

from gemel.evaluation.thresholds import threshold_reached_by
from gemel.gallery import Gallery
from gemel.gallery.thresholds import Histograms, Point
from gemel.gallery.trials import Trials
from gemel.pages.charts import det_chart, histograms, roc_chart
from gemel.pages.desk import Desk
from gemel.pages.latest import Latest
from gemel.pages.parts import card, chip, columns, empty, exactly, figure, heading, row, slider, stack, unread

#: The slider's ends, and where it begins: false accept rates as powers of ten.
LEAST, MOST, FIRST = -4.0, -0.3, -2.0


@dataclass(frozen=True)
class Told:
    """What the gallery, or one class, tells: trials of both kinds, their histograms, the threshold in force, if set."""

    trials: Trials
    bars: Histograms
    own: float | None


def told_by(gallery: Gallery, label: str | None) -> Told | None:
    """Return what the gallery tells of a class, or of all; None where it has not both kinds of trials."""
    if not len(gallery):
        return None
    trials = gallery.thresholds.trials(label)
    if not len(trials.genuine) or not len(trials.impostor):
        return None
    return Told(trials, gallery.thresholds.histograms(label=label), gallery.thresholds.of(label))


async def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "thresholds")
    box = stack().style("gap: 1rem")
    labels = await desk.ask("read", desk.gallery.labels)
    with box:
        Thresholds(desk, labels or [])


class Thresholds:
    """A threshold that is being chosen, for the gallery or for one class."""

    def __init__(self, desk: Desk, labels: list[str]) -> None:
        self.desk, self.label = desk, ""
        self.told: Told | None = None
        self.point: Point | None = None
        self.choose = Latest(self._choose)
        say = desk.say
        with columns():
            with card(say("thresholds.pick"), "g-third"):
                options = {"": say("thresholds.gallery")} | {label: label for label in labels}
                self.of = ui.select(
                    options, value="", label=say("thresholds.of"), with_input=True, on_change=self._load
                )
                self.of.props("outlined dense").classes("w-full").mark("of")
                self.far = slider(say("thresholds.far"), LEAST, MOST, 0.05, FIRST, lambda power: exactly(10**power))
                self.far.on("update:model-value", lambda: self.choose(None), throttle=0.1)
                self.figures = stack().props("aria-live=polite")
            with card(say("thresholds.scores"), "g-two-thirds"):
                self.scores = stack()
        self.curves = columns()
        ui.timer(0, self._load, once=True)

    async def _load(self) -> None:
        """Ask the gallery about what is chosen."""
        self.label = str(self.of.value or "")
        found = await self.desk.ask("read", lambda: (told_by(self.desk.gallery, self.label or None),))
        self.told = found[0] if found else None
        if found is None:
            self._clear()
            return unread(self.desk, self.scores, self._load)
        return await self.choose(None)

    async def _choose(self, _: None) -> None:
        """Find the threshold of the rate that is asked for, and show what it does."""
        if self.told is None:
            return self._show_nothing()
        self.point = await self.desk.ask("read", self._found, 10 ** float(self.far.value), self.told.trials)
        return self._show()

    def _found(self, far: float, trials: Trials) -> Point:
        """Return what the lowest threshold does that lets in no larger share."""
        limit = threshold_reached_by(trials.impostor, far)
        return self.desk.gallery.thresholds.point(limit, self.label or None)

    def _show_nothing(self) -> None:
        """Say what is missing."""
        self._clear()
        with self.scores:
            empty("tune", self.desk.say("thresholds.none"), self.desk.say("thresholds.none.text"))

    def _clear(self) -> None:
        """Show nothing of what was shown."""
        for box in (self.figures, self.curves, self.scores):
            box.clear()

    def _show(self) -> None:
        """Show the threshold and the charts with it."""
        if self.told is None or self.point is None:
            return
        say, point, trials, bars = self.desk.say, self.point, self.told.trials, self.told.bars
        self._show_figures(point, self.told.own)
        here = point.far.value, point.frr.value if point.frr else 0.0
        names, axes = (
            (say("thresholds.genuine"), say("thresholds.impostor")),
            (say("thresholds.score"), say("thresholds.share")),
        )
        counts = np.array(bars.genuine), np.array(bars.impostor), np.array(bars.edges)
        with self.scores.clear():
            ui.echart(histograms(*counts, names, *axes, point.threshold))
            ui.label(say("thresholds.pairs", genuine=point.genuine, impostor=point.impostor)).classes("g-muted g-small")
        curve = trials.curve
        with self.curves.clear():
            with card(say("thresholds.roc"), "g-half"):
                ui.echart(roc_chart(curve, here, say("thresholds.x"), say("thresholds.tar")))
            with card(say("thresholds.det"), "g-half"):
                ui.echart(det_chart(curve, here, say("thresholds.x"), say("thresholds.frr")))

    def _show_figures(self, point: Point, own: float | None) -> None:
        """Show what the threshold does, what the model promised there, and the way to save it."""
        say, calibration = self.desk.say, self.desk.gallery.model.calibration
        with self.figures.clear():
            ui.label(figure(point.threshold)).classes("g-answer g-number").mark("threshold")
            with row("g-wrap"):
                chip(f"FAR {point.far}", "g-no")
                if point.frr:
                    chip(f"FRR {point.frr}", "g-yes")
            if point.too_few_pairs:
                ui.label(say("thresholds.few")).classes("g-note")
            rates = {"far": exactly(calibration.far(point.threshold)), "frr": exactly(calibration.frr(point.threshold))}
            ui.label(say("thresholds.promised", **rates)).classes("g-muted g-small")
            now = say("thresholds.model") if own is None else figure(own)
            ui.label(say("thresholds.now", limit=now)).classes("g-small").mark("now")
            with row("g-wrap"):
                ui.button(say("save"), icon="save", on_click=self._save).props("unelevated").mark("save")
                if own is not None:
                    ui.button(say("thresholds.model"), icon="undo", on_click=lambda: self._set(None)).props("flat")

    async def _save(self) -> None:
        """Set the threshold that is shown."""
        if self.point is not None:
            await self._set(self.point.threshold)

    async def _set(self, limit: float | None) -> None:
        """Set a threshold, or take it back."""
        detail = {"threshold": limit, "label": self.label or None}
        done = await self.desk.change(
            "admin", "threshold", detail, self.desk.gallery.thresholds.set, limit, self.label or None
        )
        if done:
            told = self.desk.say("thresholds.model") if limit is None else figure(limit)
            ui.notify(self.desk.say("thresholds.saved", limit=told), type="positive")
            await self._load()
