"""Long work, with a bar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from nicegui import ui

from gemel.gallery.keys import Scope
from gemel.pages.desk import Desk
from gemel.pages.parts import card

T = TypeVar("T")


async def watched(desk: Desk, scope: Scope, title: str, work: Callable[..., T], *args: Any) -> T | None:
    """Return what some work gives, which is given ``progress``, done under a bar; None where it failed."""
    done = [0, 1]

    def tell(count: int, total: int) -> None:
        done[:] = count, total

    with ui.dialog(value=True).props("persistent") as dialog, card(title):
        bar = ui.linear_progress(0, show_value=False).props("rounded")
        ui.timer(0.3, lambda: bar.set_value(done[0] / max(1, done[1])))
    try:
        return await desk.ask(scope, partial(work, *args, progress=tell))
    finally:
        dialog.close()
