"""The frame around the tabs: header, navigation, theme, language, and the question for a key."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from nicegui import app, context, run, ui

from gemel.pages.desk import Desk, Studio
from gemel.pages.parts import card, heading
from gemel.pages.tabs import TABS, Tab
from gemel.pages.texts import LANGUAGES, QUASAR

STYLE = Path(__file__).with_name("theme.css")

#: Two rings, coupled; the browser's tab has it, too.
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 24" fill="none" stroke-width="4">'
    '<circle cx="12" cy="12" r="9" stroke="#0072b2"/>'
    '<circle cx="22" cy="12" r="9" stroke="#d55e00" opacity="0.85"/></svg>'
)


async def build(studio: Studio) -> None:
    """Show the page to whoever asks for it."""
    request = context.client.request
    visitor = studio.visitors.of(app.storage.browser["id"], request.headers.get("accept-language", ""))
    desk = Desk(studio, visitor, request)
    context.client.page.language = QUASAR[visitor.language]  # type: ignore[assignment]
    ui.add_css(STYLE)
    if await run.io_bound(desk.may, "read"):
        frame(desk)
    else:
        header(desk)
        ask_for_key(desk)


def frame(desk: Desk) -> None:
    """Show header, navigation, and the tab that the address names."""
    links: dict[str, ui.link] = {}
    drawer = ui.left_drawer(value=False, fixed=True).props("show-if-above width=224 breakpoint=900").classes("g-drawer")
    with drawer, ui.element("nav").classes("g-stack g-tight").props(f'aria-label="{desk.say("menu")}"'):
        for tab in TABS:
            links[tab.path] = navigation(desk, tab)
    header(desk, drawer)
    with ui.element("main").classes("g-page nicegui-column") as main:
        ui.sub_pages({tab.path: partial(tab.build, desk) for tab in TABS} | {"/{lost}": partial(lost, desk)})
    ui.skip_link(desk.say("skip"), target=main)
    router = context.client.sub_pages_router
    router.on_path_changed(partial(mark_here, links))
    mark_here(links, router.current_path)


def navigation(desk: Desk, tab: Tab) -> ui.link:
    """Show the way to a tab."""
    with ui.link(target=tab.path).classes("g-nav") as link:
        ui.icon(tab.icon).props("aria-hidden=true")
        ui.label(desk.say(f"{tab.name}.tab"))
    return link


def mark_here(links: dict[str, ui.link], address: str) -> None:
    """Mark the tab that is shown."""
    path = address.split("?")[0].split("#")[0]
    for target, link in links.items():
        link.classes(add="g-here") if target == path else link.classes(remove="g-here")
        link.props["aria-current"] = "page" if target == path else "false"
        link.update()


def header(desk: Desk, drawer: ui.left_drawer | None = None) -> None:
    """Show the name, the model, and the buttons for language, theme and key."""
    say = desk.say
    with ui.header().classes("g-header"):
        if drawer:
            menu = ui.button(icon="menu", on_click=drawer.toggle).props("flat round dense color=secondary")
            menu.props["aria-label"] = say("menu")
        ui.html(LOGO, sanitize=False).classes("g-logo").props("aria-hidden=true")
        ui.label("Gemel").classes("g-brand")
        if drawer:
            ui.label(say("model", name=desk.studio.model.recipe.name)).classes("g-model g-wide-only")
        ui.space()
        if desk.visitor.key:
            leave = ui.button(icon="lock_open", on_click=partial(give_key, desk, "")).props(
                "flat round dense color=secondary"
            )
            leave.props["aria-label"] = say("key.leave")
        ui.button(say("language"), on_click=partial(switch_language, desk)).props("flat dense color=secondary").mark(
            "language"
        )
        theme_button(desk)


def theme_button(desk: Desk) -> None:
    """Show the button that goes from the system's theme to light, to dark, and round."""
    icons = {None: "brightness_auto", False: "light_mode", True: "dark_mode"}
    mode = ui.dark_mode(desk.visitor.dark)

    def turn() -> None:
        following = {None: False, False: True, True: None}
        desk.visitor.dark = mode.value = following[desk.visitor.dark]
        button.set_icon(icons[desk.visitor.dark])

    button = (
        ui.button(icon=icons[desk.visitor.dark], on_click=turn).props("flat round dense color=secondary").mark("theme")
    )
    button.props["aria-label"] = desk.say("theme")


def switch_language(desk: Desk) -> None:
    """Show the page in the other language."""
    languages = list(LANGUAGES)
    desk.visitor.language = languages[1 - languages.index(desk.visitor.language)]
    ui.navigate.reload()


def ask_for_key(desk: Desk) -> None:
    """Ask for a key, which the session keeps."""
    say = desk.say
    with ui.element("main").classes("g-page nicegui-column").style("max-width: 560px"), card():
        heading(desk, "key")
        field = ui.input(say("key.field"), password=True, password_toggle_button=True)
        field.props("outlined autofocus autocomplete=off").classes("w-full").mark("key")
        field.on("keydown.enter", lambda: give_key(desk, str(field.value or "")))
        ui.button(say("key.open"), on_click=lambda: give_key(desk, str(field.value or ""))).props("unelevated")


async def give_key(desk: Desk, key: str) -> None:
    """Take a key, or "" to forget it, and show the page anew."""
    former, desk.visitor.key = desk.visitor.key, key.strip()
    if desk.visitor.key and not await run.io_bound(desk.may, "read"):
        desk.visitor.key = former
        return ui.notify(desk.say("key.wrong"), type="negative")
    return ui.navigate.reload()


def lost(desk: Desk, lost: str) -> None:
    """Say that there is no such tab."""
    with card():
        ui.label(desk.say("error.lost"))
