"""The look that all pictures share: calm, colour-blind safe, readable at the width of a README."""

from __future__ import annotations

import colorsys

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

INK = "#1f2933"
MUTED = "#66717d"
FAINT = "#e3e7eb"
#: Okabe & Ito's colours (2008), apart for every kind of colour vision; blue is right or genuine, vermilion wrong or
#: impostor.
BLUE, VERMILION = "#0072b2", "#d55e00"
PALETTE = (BLUE, VERMILION, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#4d4d4d")

#: Points.
TITLE, TEXT, SMALL = 13, 10, 8.5
#: Pixels an inch; 8 inches are then 1,200 pixels, sharp at the width of a README.
RESOLUTION = 150
WIDTH = 8.0
#: Between pixels: small drawings are easier on the eye so than as blocks.
SMOOTH = "bicubic"


def new_figure(height: float, title: str, note: str = "") -> Figure:
    """Return an empty figure, ``WIDTH`` by ``height`` inches, with a title and, under it, a muted line."""
    head = 0.38 + (0.2 * (note.count("\n") + 1) if note else 0)  # inches
    engine = ConstrainedLayoutEngine(rect=(0.01, 0.015, 0.98, 0.985 - head / height), h_pad=0.06, w_pad=0.06)
    figure = Figure(figsize=(WIDTH, height), dpi=RESOLUTION, layout=engine, facecolor="white")
    figure.text(0.02, 1 - 0.12 / height, title, size=TITLE, weight="bold", color=INK, va="top")
    figure.text(0.02, 1 - 0.38 / height, note, size=TEXT, color=MUTED, va="top", linespacing=1.3)
    return figure


def quiet(axes: Axes, title: str = "", x: str = "", y: str = "") -> None:
    """Give axes with numbers their labels, a faint grid, and no box."""
    axes.set_title(title, size=TEXT, color=INK, loc="left", weight="bold")
    axes.set_xlabel(x, size=TEXT, color=INK)
    axes.set_ylabel(y, size=TEXT, color=INK)
    axes.tick_params(labelsize=SMALL, colors=MUTED, length=0)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)


def bare(axes: Axes) -> None:
    """Take ticks and box from axes that hold a picture."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def frame(axes: Axes, colour: str, width: float = 2.0) -> None:
    """Frame axes that hold a picture."""
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=width)


def heading(part: SubFigure, text: str) -> None:
    """Give a part of a figure its own line."""
    part.suptitle(text, x=0.012, ha="left", size=TEXT, weight="bold", color=INK)


def show_item(axes: Axes, item: np.ndarray) -> None:
    """Draw one item, uint8 (C, H, W), grey or RGB, on bare axes."""
    axes.imshow(as_rgb(item), interpolation=SMOOTH)
    bare(axes)


def as_rgb(item: np.ndarray) -> np.ndarray:
    """Return an item as colour pixels: uint8 (C, H, W), C 1 or 3 -> (H, W, 3)."""
    return np.broadcast_to(item, (3, *item.shape[1:])).transpose(1, 2, 0)


def class_colours(count: int) -> list[str]:
    """Return a colour for each of ``count`` classes: the palette, or as many hues, at three lightnesses in turn."""
    if count <= len(PALETTE):
        return list(PALETTE[:count])
    return [hue(number / count, (0.32, 0.45, 0.58)[number % 3]) for number in range(count)]


def hue(turn: float, lightness: float) -> str:
    """Return the colour at a share of the colour circle as ``#rrggbb``."""
    red, green, blue = colorsys.hls_to_rgb(turn, lightness, 0.65)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def two_digits(value: float) -> str:
    """Return a score to two digits, with a minus as wide as a plus."""
    return f"{value:.2f}".replace("-", "−")


def exact_percent(rate: float, _: int = 0) -> str:
    """Return a rate for a scale or a name: ``0.1 %``, ``10 %``."""
    return f"{100 * rate:.6g} %"


def percent(rate: float) -> str:
    """Return a rate for people, no more exact than it needs: ``97 %``, ``0.4 %``; never 0 or 100 for what is not."""
    value = 100 * rate
    if rate not in (0, 1) and not 1 <= value <= 99:
        return "< 0.1 %" if value < 0.1 else "> 99.9 %" if value > 99.9 else f"{value:.1f} %"
    return f"{value:.0f} %"
