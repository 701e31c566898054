"""Give pictures a class: one example is enough to begin with."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from gemel.data.items import as_image
from gemel.gallery import Enrolment
from gemel.pages.desk import Desk
from gemel.pages.parts import card, chip, columns, empty, heading, row, stack, titled, warned
from gemel.pages.picture_drop import Arrival, PictureDrop
from gemel.pages.pictures import picture, shrunk

#: Classes offered while a name is typed.
MOST_OFFERED = 2000


async def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "enrol")
    box = stack().style("gap: 1rem")
    labels = await desk.ask("read", desk.gallery.labels)
    with box:
        Enrol(desk, labels or [])


class Enrol:
    """The class's name, the pictures that wait, and what became of those before."""

    def __init__(self, desk: Desk, labels: list[str]) -> None:
        self.desk = desk
        self.waiting: list[tuple[Arrival, bytes]] = []
        with columns():
            with card(desk.say("enrol.pictures"), "g-two-fifths"):
                self.label = ui.input(desk.say("enrol.label"), autocomplete=labels[:MOST_OFFERED])
                self.label.props("outlined dense maxlength=200").classes("w-full").mark("label")
                PictureDrop(desk, self._came, desk.say("drop.several"))
                self.tiles = ui.element("div").classes("g-tiles")
                self.button = ui.button(desk.say("enrol.do", count=0), icon="add", on_click=self._enrol)
                self.button.props("unelevated").mark("enrol")
            with card(desk.say("enrol.done"), "g-three-fifths").props("aria-live=polite"):
                self.done = stack()
        with self.done:
            empty("collections", desk.say("enrol.none"), desk.say("enrol.none.text"))
        self.first = True
        self._show()

    async def _came(self, arrivals: list[Arrival]) -> None:
        """Let pictures wait; what is none is told of."""
        for arrival in arrivals:
            small = await self.desk.ask("enrol", small_picture, arrival.data)
            if small is not None:
                self.waiting.append((arrival, small))
        self._show()

    def _show(self) -> None:
        """Show what waits."""
        say = self.desk.say
        with self.tiles.clear():
            for place, (arrival, small) in enumerate(self.waiting):
                with ui.element("div").classes("g-tile"):
                    picture(small, arrival.name)
                    with row():
                        ui.label(arrival.name).classes("g-small g-clip g-grow")
                        leave = ui.button(icon="close", on_click=partial(self._leave, place)).props(
                            "flat round dense size=sm"
                        )
                        leave.props["aria-label"] = say("enrol.leave", name=arrival.name)
        self.button.text = say("enrol.do", count=len(self.waiting))
        self.button.set_enabled(bool(self.waiting))

    def _leave(self, place: int) -> None:
        """Take a picture out of those that wait."""
        del self.waiting[place]
        self._show()

    async def _enrol(self) -> None:
        """Enrol what waits, one picture after the other, so that a bad one spoils no other."""
        label = str(self.label.value or "").strip()
        if not label:
            return ui.notify(self.desk.say("draw.nameless"), type="warning")
        waiting, self.waiting = self.waiting, []
        self._show()
        for arrival, small in waiting:
            found = await self.desk.ask("enrol", enrolled, self.desk, label, arrival)
            if found is not None:
                self._tell(found, arrival, small)
        return None

    def _tell(self, found: Enrolment, arrival: Arrival, small: bytes) -> None:
        """Show what became of a picture, the newest first."""
        say = self.desk.say
        if self.first:
            self.done.clear()
            self.first = False
        with self.done, row().mark("enrolled") as line:
            picture(small, arrival.name, "g-64")
            with stack("g-tight g-grow"):
                with row("g-wrap"):
                    titled(found.label)
                    told = "enrol.fresh" if found.fresh else "enrol.held"
                    chip(say(told), "g-yes" if found.fresh else "")
                for warning in found.warnings:
                    warned(self.desk, warning)
        line.move(target_index=0)


def small_picture(data: bytes) -> bytes:
    """Return a picture's file, made small, as a PNG.

    Raises:
        InputError: it is no readable picture.
    """
    return shrunk(as_image(data))


def enrolled(desk: Desk, label: str, arrival: Arrival) -> Enrolment:
    """Enrol one picture, and write it down."""
    found = desk.gallery.enrol(label, [arrival.data], source=arrival.name, who=desk.who)[0]
    desk.gallery.audit.record(desk.who, "enrol", label=found.label, references=[found.reference] if found.fresh else [])
    return found
