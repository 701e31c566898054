"""The gallery laid out in the plane: what is alike lies together, doubles and strays stand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from nicegui import ui
from nicegui.events import GenericEventArguments

from gemel.gallery import Gallery
from gemel.gallery.checks import Duplicate, Outlier
from gemel.pages.charts import colours, scatter
from gemel.pages.desk import Desk
from gemel.pages.latest import Latest
from gemel.pages.parts import card, columns, empty, figure, heading, row, stack, titled, unread
from gemel.pages.pictures import picture
from gemel.plots.embedding_map import laid_out
from gemel.plots.style import percent
from gemel.randomness import numpy_generator

#: References laid out at once; of more, so many are drawn at random.
MOST, FEWEST = 1500, 3

#: Doubles and strays listed.
LISTED = 24


@dataclass(frozen=True)
class Layout:
    """Some references in the plane.

    Attributes:
        ids: (N,) their numbers.
        labels: (N,) positions in ``classes``.
        classes: their names.
        places: (N, 2).
        how: they were laid out.
        total: references in the gallery.
    """

    ids: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    places: np.ndarray
    how: str
    total: int


NOTHING = Layout(np.zeros(0, np.int64), np.zeros(0, np.int64), (), np.zeros((0, 2)), "", 0)


def layout(gallery: Gallery, method: Literal["tsne", "pca"]) -> Layout:
    """Return the gallery laid out; nothing where there is too little in it."""
    if len(gallery) < FEWEST:
        return NOTHING
    held = gallery.held()
    chosen = np.sort(numpy_generator(0, "map").permutation(len(held))[:MOST])
    numbers, labels = np.unique(held.owners[chosen], return_inverse=True)
    places, how = laid_out(held.embeddings[chosen], method)
    names = tuple(held.labels[number] for number in numbers.tolist())
    return Layout(held.ids[chosen], labels, names, places, how, len(held))


def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "map")
    Map(desk)


class Map:
    """The map, and the reference that is pointed at."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.layout = desk, NOTHING
        self.point = Latest(self._point)
        say = desk.say
        with columns():
            with card(classes="g-two-thirds"):
                with row("g-wrap"):
                    ways = {"tsne": say("map.tsne"), "pca": say("map.pca")}
                    self.method = ui.toggle(ways, value="tsne", on_change=self._draw).props("no-caps unelevated")
                self.box = stack().mark("map")
            with stack("g-third").style("gap: 1rem"):
                with card():
                    self.pointed = stack().props("aria-live=polite").mark("pointed")
                with card(say("map.duplicates")):
                    self.doubles = stack("g-scroll").mark("doubles")
                with card(say("map.outliers")):
                    self.strays = stack("g-scroll").mark("strays")
        ui.timer(0, self._draw, once=True)
        ui.timer(0, self._check, once=True)

    async def _draw(self) -> None:
        """Lay the gallery out, and show it."""
        with self.box.clear():
            ui.spinner(size="lg").classes("self-center")
        found = await self.desk.ask("read", layout, self.desk.gallery, self.method.value)
        self.box.clear()
        self.layout = found or NOTHING
        return unread(self.desk, self.box, self._draw) if found is None else self._show()

    def _show(self) -> None:
        """Show the map."""
        say, found = self.desk.say, self.layout
        with self.box.clear():
            if not len(found.ids):
                return empty("scatter_plot", say("map.none"), say("map.none.text"))
            chart = ui.echart(
                scatter(found.places, found.labels.tolist(), found.classes, colours(len(found.classes)))
            ).style("height: 460px")
            for event in ("chart:mouseover", "chart:click"):
                chart.on(event, self._pointed_at, args=["data"], throttle=0.05)
            ui.label(say("map.told", count=len(found.ids), classes=len(found.classes), how=found.how)).classes(
                "g-muted g-small"
            )
            if len(found.ids) < found.total:
                ui.label(say("map.most", count=len(found.ids))).classes("g-muted g-small")
        with self.pointed.clear():
            ui.label(say("map.point")).classes("g-muted")
        return None

    async def _pointed_at(self, event: GenericEventArguments) -> None:
        """Show the reference of a dot."""
        data = event.args.get("data")
        if isinstance(data, list) and len(data) == 3 and 0 <= int(data[2]) < len(self.layout.ids):
            await self.point(int(data[2]))

    async def _point(self, place: int) -> None:
        """Show a reference."""
        found = self.layout
        data = await self.desk.ask("read", self.desk.gallery.thumbnail, int(found.ids[place]))
        label = found.classes[found.labels[place]]
        with self.pointed.clear(), row():
            picture(data, self.desk.say("picture.of", label=label), "g-120")
            titled(label)

    async def _check(self) -> None:
        """Look for doubles and strays, and show them."""
        found = await self.desk.ask("read", checked, self.desk.gallery)
        if found is None:
            return
        say, (doubles, strays) = self.desk.say, found
        with self.doubles.clear():
            for each, pictures in doubles:
                self._pair(pictures, each.label, each.other, say("score", score=figure(each.score)))
            if not doubles:
                ui.label(say("map.duplicates.none")).classes("g-muted g-small")
        with self.strays.clear():
            for stray, data in strays:
                share = percent(stray.probability)
                self._pair([data], stray.label, stray.other, say("map.rather", share=share, other=stray.other))
            if not strays:
                ui.label(say("map.outliers.none")).classes("g-muted g-small")

    def _pair(self, pictures: list[bytes | None], label: str, other: str, told: str) -> None:
        """Show one or two pictures, their class or classes, and what is told of them."""
        with row():
            for data in pictures:
                picture(data, self.desk.say("picture.of", label=label), "g-44")
            with stack("g-tight g-grow"):
                titled(label if label == other or len(pictures) == 1 else f"{label} / {other}")
                ui.label(told).classes("g-muted g-small")


def checked(
    gallery: Gallery,
) -> tuple[list[tuple[Duplicate, list[bytes | None]]], list[tuple[Outlier, bytes | None]]]:
    """Return the first doubles and strays of the gallery, with their pictures."""
    if not len(gallery):
        return [], []
    doubles, strays = gallery.checks.duplicates()[:LISTED], gallery.checks.outliers()[:LISTED]
    thumbnail = gallery.thumbnail
    return (
        [(each, [thumbnail(each.first), thumbnail(each.second)]) for each in doubles],
        [(each, thumbnail(each.reference)) for each in strays],
    )
