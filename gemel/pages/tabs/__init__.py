"""The tabs, in their order; one file each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gemel.pages.desk import Desk
from gemel.pages.tabs import draw, enrol, gallery, map, playground, recognise, review, runs, search, thresholds


@dataclass(frozen=True)
class Tab:
    """A tab: its name (of its words), its address, its sign, and what shows it."""

    name: str
    path: str
    icon: str
    build: Callable[[Desk], Awaitable[None] | None]


#: The first is what opens.
TABS = (
    Tab("draw", "/", "gesture", draw.build),
    Tab("enrol", "/enrol", "add_photo_alternate", enrol.build),
    Tab("recognise", "/recognise", "image_search", recognise.build),
    Tab("search", "/search", "travel_explore", search.build),
    Tab("gallery", "/gallery", "photo_library", gallery.build),
    Tab("review", "/review", "fact_check", review.build),
    Tab("thresholds", "/thresholds", "tune", thresholds.build),
    Tab("map", "/map", "scatter_plot", map.build),
    Tab("playground", "/playground", "casino", playground.build),
    Tab("runs", "/runs", "stacked_line_chart", runs.build),
)

__all__ = ["TABS", "Tab"]
