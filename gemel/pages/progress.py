"""Long work, with a bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from gemel.gallery.keys import Scope
from gemel.pages.desk import Desk
from gemel.pages.parts import card


async def watched(desk: Desk, scope: Scope, title: str, work: Callable[..., Any], *args: Any) -> bool:
    """Do some work, which is given ``progress``, under a bar, and return whether it was done."""
    done = [0, 1]

    def tell(count: int, total: int) -> None:
        done[:] = count, total

    def run() -> bool:
        work(*args, progress=tell)
        return True

    with ui.dialog(value=True).props("persistent") as dialog, card(title):
        bar = ui.linear_progress(0, show_value=False).props("rounded")
        ui.timer(0.3, lambda: bar.set_value(done[0] / max(1, done[1])))
    try:
        return bool(await desk.ask(scope, run))
    finally:
        dialog.close()
