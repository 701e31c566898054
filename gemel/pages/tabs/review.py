"""Look through what was answered, and say what was right; what is confirmed or corrected is enrolled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from gemel.gallery import Page
from gemel.gallery.review import Attempt
from gemel.pages.desk import Desk
from gemel.pages.parts import card, chip, empty, figure, heading, pager, row, slider, stack, titled, unread
from gemel.pages.pictures import picture
from gemel.pages.tabs.gallery import name_dialog
from gemel.plots.style import percent

#: Attempts shown at once.
SIZE = 12

#: How an attempt's state is coloured.
KINDS = {"open": "g-maybe", "confirmed": "g-yes", "corrected": "g-yes", "rejected": "g-no"}


def build(desk: Desk) -> None:
    """Show the tab."""
    heading(desk, "review")
    Review(desk)


class Review:
    """The attempts of a state, least probable ones if asked."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.page = desk, 1
        say = desk.say
        with card():
            with row("g-wrap"):
                states = {"": say("review.any")} | {state: say(f"review.{state}") for state in KINDS}
                self.state = ui.toggle(states, value="open", on_change=self._again).props("no-caps unelevated")
                self.state.mark("state")
            self.below = slider(say("review.below"), 0.05, 1, 0.05, 1, percent)
            self.below.on("change", self._again)
        self.box = card().mark("attempts")
        ui.timer(0, self._show, once=True)

    async def _again(self) -> None:
        """Show the first page of what is asked for now."""
        self.page = 1
        await self._show()

    async def _turn(self, page: int) -> None:
        """Show another page."""
        self.page = page
        await self._show()

    def _attempts(self) -> tuple[Page[Attempt], list[bytes | None]]:
        """Return a page of attempts with their pictures."""
        review, below = self.desk.gallery.review, float(self.below.value)
        page = review.attempts(
            page=self.page, size=SIZE, state=self.state.value or None, below=below if below < 1 else None
        )
        return page, [review.thumbnail(attempt.id) if attempt.has_picture else None for attempt in page.items]

    async def _show(self) -> None:
        """Show the attempts."""
        found = await self.desk.ask("enrol", self._attempts)
        if found is None:
            return unread(self.desk, self.box, self._show)
        page, pictures = found
        say = self.desk.say
        with self.box.clear():
            if not page.total:
                return empty("fact_check", say("review.none"), say("review.none.text"))
            ui.label(say("review.count", count=page.total)).classes("g-muted g-small")
            for attempt, data in zip(page.items, pictures, strict=True):
                self._attempt(attempt, data)
            pager(self.desk, page.page, page.total, page.size, self._turn)
        return None

    def _attempt(self, attempt: Attempt, data: bytes | None) -> None:
        """Show one attempt, and what can be said of it."""
        say = self.desk.say
        with row("g-wrap g-line").mark("attempt"):
            picture(data, say("recognise.asked"), "g-64")
            with stack("g-tight g-grow"):
                titled(attempt.settled or attempt.label or say("unknown"))
                with row("g-wrap"):
                    chip(say(f"review.{attempt.state}"), KINDS[attempt.state])
                    chip(say("probability", share=percent(attempt.probability)))
                    chip(say("score", score=figure(attempt.score)))
                ui.label(f"{attempt.when:%Y-%m-%d %H:%M} {attempt.who}").classes("g-muted g-small g-clip")
            if attempt.state == "open":
                self._buttons(attempt)

    def _buttons(self, attempt: Attempt) -> None:
        """Show what can be said of an open attempt."""
        say = self.desk.say
        with row("g-wrap").style("width: auto"):
            right = ui.button(say("review.confirm"), icon="check", on_click=partial(self._confirm, attempt.id))
            right.props("flat dense")
            ui.button(say("review.correct"), icon="edit", on_click=partial(self._ask, attempt.id)).props("flat dense")
            leave = ui.button(say("review.reject"), icon="block", on_click=partial(self._reject, attempt.id))
            leave.props("flat dense color=negative")

    async def _confirm(self, number: int) -> None:
        """Say that the answer was right."""
        await self._settled("confirm", number, lambda: self.desk.gallery.review.confirm(number, self.desk.who))

    def _ask(self, number: int) -> None:
        """Ask which class it is."""
        name_dialog(self.desk, self.desk.say("review.correct.text"), "", partial(self._correct, number))

    async def _correct(self, number: int, label: str) -> None:
        """Say which class it is."""
        await self._settled("correct", number, lambda: self.desk.gallery.review.correct(number, label, self.desk.who))

    async def _reject(self, number: int) -> None:
        """Say that it is nothing to learn from."""
        await self._settled("reject", number, lambda: self.desk.gallery.review.reject(number))

    async def _settled(self, action: str, number: int, work: Callable[[], object]) -> None:
        """Settle an attempt, and show what is left."""
        if await self.desk.change("enrol", action, {"attempt": number}, work):
            ui.notify(self.desk.say("review.settled"), type="positive", timeout=1500)
            await self._show()
