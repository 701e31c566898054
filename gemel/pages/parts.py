"""Small things that every tab shows alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from gemel.pages.desk import Desk
from gemel.pages.pictures import picture
from gemel.pages.texts import TABLE
from gemel.plots.style import percent


def heading(desk: Desk, tab: str) -> None:
    """Say what the tab is, and what it is for."""
    ui.label(desk.say(f"{tab}.title")).classes("g-title").props("role=heading aria-level=1")
    ui.label(desk.say(f"{tab}.lead")).classes("g-lead")


def card(title: str = "", classes: str = "") -> ui.element:
    """Return a box to put things into, with a heading if one is given."""
    box = ui.element("section").classes(f"g-card {classes}")
    if title:
        with box:
            ui.label(title).classes("g-heading").props("role=heading aria-level=2")
    return box


def columns() -> ui.element:
    """Return a grid of twelve columns; on a phone everything is one below the other."""
    return ui.element("div").classes("g-columns")


def row(classes: str = "") -> ui.element:
    """Return a line of things."""
    return ui.element("div").classes(f"g-row {classes}")


def stack(classes: str = "") -> ui.element:
    """Return a pile of things."""
    return ui.element("div").classes(f"g-stack {classes}")


def empty(icon: str, title: str, text: str = "") -> None:
    """Say that there is nothing yet, and what would be here."""
    with ui.element("div").classes("g-stack g-empty"):
        ui.icon(icon).props("aria-hidden=true")
        ui.label(title).classes("g-strong")
        if text:
            ui.label(text).classes("g-small").style("max-width: 30rem")


def unread(desk: Desk, box: ui.element, again: Callable[[], Awaitable[None]]) -> None:
    """Say in a box, where it is empty, that what belongs there could not be read, and offer to try again."""
    if box.default_slot.children:
        return
    with box:
        empty("sync_problem", desk.say("unread"), desk.say("unread.text"))
        ui.button(desk.say("again"), icon="refresh", on_click=again).props("outline").classes("self-center")


def chip(text: str, kind: str = "", icon: str = "") -> None:
    """Say something short; ``kind`` is g-yes, g-no or g-maybe."""
    with ui.element("span").classes(f"g-chip {kind}"):
        if icon:
            ui.icon(icon).props("aria-hidden=true")
        ui.label(text)


def titled(name: str, classes: str = "") -> None:
    """Show the name of a class, at most two lines of it; all of it where the pointer rests."""
    ui.label(name).classes(f"g-strong g-name {classes}").props["title"] = name


def warned(desk: Desk, warning: str) -> None:
    """Say what the gallery holds against a picture, in the visitor's language."""
    kind, label = warning.partition(":")[0], warning.partition(" of '")[2].removesuffix("'")
    if label:
        kind = f"{kind}.other"
    known = f"warning.{kind}" in TABLE
    chip(desk.say(f"warning.{kind}", label=label) if known else warning, "g-maybe g-clip", "warning")


def meter(share: float, kind: str = "") -> None:
    """Show a share of one as a bar."""
    with ui.element("div").classes(f"g-meter {kind}").props("aria-hidden=true"):
        ui.element("div").style(f"width: {100 * min(1, max(0, share)):.1f}%")


def candidate(label: str, share: float, data: bytes | None, said: str, kind: str = "") -> None:
    """Show one possible answer: its picture, name, and probability as a bar and a number."""
    with row("g-candidate"):
        picture(data, said, "g-44") if data else ui.icon("help_outline").style("font-size: 30px; width: 44px")
        with stack("g-tight g-grow"):
            with row():
                titled(label, "g-grow")
                ui.label(percent(share)).classes("g-number g-muted")
            meter(share, kind)


def exactly(rate: float) -> str:
    """Return a rate to a hundredth of a per cent."""
    return f"{100 * rate:.2f} %"


def figure(value: float) -> str:
    """Return a score to three digits, with a minus as wide as a plus."""
    return f"{value:.3f}".replace("-", "−")


def slider(
    name: str, least: float, most: float, step: float, value: float, told: Callable[[float], str] = "{:g}".format
) -> ui.slider:
    """Show a slider with its name and its value, as it is ``told``, and return it."""
    with stack("g-tight"):
        with row():
            ui.label(name).classes("g-small g-grow")
            shown = ui.label().classes("g-small g-strong g-number")
        chosen = ui.slider(min=least, max=most, step=step, value=value).props(f'aria-label="{name}"')
    shown.bind_text_from(chosen, "value", told)
    return chosen


def pager(desk: Desk, page: int, total: int, size: int, turn: Callable[[int], Awaitable[None]]) -> None:
    """Show the way to other pages, if there are any."""
    pages = -(-total // size)
    if pages > 1:
        shown = ui.pagination(
            1, pages, direction_links=True, value=page, on_change=lambda event: turn(int(event.value))
        )
        shown.props("max-pages=7 boundary-numbers").classes("self-center")


def ask_first(desk: Desk, text: str, do: Callable[[], Awaitable[None]]) -> None:
    """Ask before something is done that cannot be undone."""
    say = desk.say
    with ui.dialog(value=True) as dialog, card():
        ui.label(text)

        async def go() -> None:
            dialog.close()
            await do()

        with row():
            ui.space()
            ui.button(say("cancel"), on_click=dialog.close).props("flat autofocus")
            ui.button(say("delete"), on_click=go).props("unelevated color=negative").mark("sure")
