"""Search by example: more like these, less like those."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from gemel.gallery import Hit
from gemel.pages.desk import Desk
from gemel.pages.parts import card, chip, columns, empty, figure, heading, row, slider, stack, titled
from gemel.pages.picture_drop import Arrival, PictureDrop
from gemel.pages.pictures import picture
from gemel.pages.tabs.enrol import small_picture

#: A hit with its picture.
Shown = tuple[Hit, bytes | None]


def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "search")
    Search(desk)


class Search:
    """What is searched for, and what was found."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.item: Arrival | None = None
        self.likes: list[int] = []
        self.dislikes: list[int] = []
        self.seen: dict[int, Shown] = {}
        with columns():
            with card(desk.say("search.example"), "g-third"):
                PictureDrop(desk, self._came, desk.say("drop.one"), several=False)
                self.asked = stack()
                self.top = slider(desk.say("search.top"), 4, 60, 4, 20)
                self.top.on("change", self._search)
                self.told = stack()
                ui.button(desk.say("search.reset"), icon="restart_alt", on_click=self._reset).props("flat")
            with card(desk.say("search.found"), "g-two-thirds"):
                self.found = stack().props("aria-live=polite").mark("hits")
        self._reset()

    def _reset(self) -> None:
        """Begin anew."""
        self.item, self.likes, self.dislikes = None, [], []
        self.asked.clear()
        self.told.clear()
        with self.found.clear():
            empty("travel_explore", self.desk.say("search.none"), self.desk.say("search.none.text"))

    async def _came(self, arrivals: list[Arrival]) -> None:
        """Search for a picture."""
        self.item, self.likes, self.dislikes = arrivals[-1], [], []
        small = await self.desk.ask("read", small_picture, arrivals[-1].data)
        if small is None:
            return
        with self.asked.clear():
            picture(small, arrivals[-1].name, "g-220")
        await self._search()

    async def _search(self) -> None:
        """Search with what is liked and disliked by now."""
        if self.item is None and not self.likes:
            return self._reset()
        hits = await self.desk.ask("read", self._hits)
        if hits is not None:
            self._show(hits)
        return None

    def _hits(self) -> list[Shown]:
        """Return what is found, each with its picture."""
        item = self.item.data if self.item else None
        hits = self.desk.gallery.search(item, self.likes, self.dislikes, int(self.top.value))
        return [(hit, self.desk.gallery.thumbnail(hit.reference)) for hit in hits]

    def _show(self, hits: list[Shown]) -> None:
        """Show what was found, and what steers the search."""
        self.seen.update({hit.reference: (hit, data) for hit, data in hits})
        with self.told.clear():
            self._turned("search.likes", self.likes, True)
            self._turned("search.dislikes", self.dislikes, False)
        with self.found.clear(), ui.element("div").classes("g-tiles"):
            for hit, data in hits:
                self._tile(hit, data)

    def _turned(self, key: str, references: list[int], up: bool) -> None:
        """Show what is liked, or what is not; pressed, it is so no longer."""
        kind, icon = ("g-yes", "thumb_up") if up else ("g-no", "thumb_down")
        with row("g-wrap"):
            chip(self.desk.say(key, count=len(references)), kind if references else "", icon)
            for hit, data in (self.seen[reference] for reference in references):
                button = ui.element("button").classes("g-bare").on("click", partial(self._turn, hit.reference, up))
                button.props["aria-label"] = self.desk.say("search.no.longer", label=hit.label)
                with button:
                    picture(data, hit.label, f"g-44 g-frame-{'yes' if up else 'no'}")

    def _tile(self, hit: Hit, data: bytes | None) -> None:
        """Show one hit, to be liked or disliked."""
        say = self.desk.say
        with ui.element("div").classes("g-tile").mark("hit"):
            picture(data, say("picture.of", label=hit.label))
            titled(hit.label)
            with row().style("gap: 0"):
                ui.label(figure(hit.score)).classes("g-muted g-small g-number g-grow")
                self._thumb(hit, True)
                self._thumb(hit, False)

    def _thumb(self, hit: Hit, up: bool) -> None:
        """Show a thumb."""
        button = ui.button(
            icon="thumb_up_off_alt" if up else "thumb_down_off_alt", on_click=partial(self._turn, hit.reference, up)
        ).props("flat round dense size=sm color=secondary")
        button.props["aria-label"] = self.desk.say("search.like" if up else "search.dislike", label=hit.label)

    async def _turn(self, reference: int, up: bool) -> None:
        """Like or dislike a reference, or no longer."""
        chosen = self.likes if up else self.dislikes
        if reference in chosen:
            chosen.remove(reference)
        else:
            chosen.append(reference)
        await self._search()
