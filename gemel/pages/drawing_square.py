"""The square that takes ink, and its ink as a picture."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments
from PIL import Image, ImageDraw

#: Strokes as they come from the page: each a list of points (x, y), from 0 to 1, y downwards.
Strokes = tuple[tuple[tuple[float, float], ...], ...]

#: The pen's width as a share of the side, as the page shows it.
PEN = 0.032
#: Pixels a side, and how much finer the ink is drawn before it is made smaller.
SIDE, FINER = 210, 4
#: More points than a hand draws are not looked at.
MOST_POINTS = 20_000


class DrawingSquare(ui.element, component="drawing_square.js"):
    """A square to draw in with pen, finger, mouse, or the keyboard (arrows, space, Backspace, Escape).

    Args:
        label: what a screen reader says.
        on_ink: is told the strokes, while one grows and at its end; none after ``clear``.
    """

    def __init__(self, label: str, on_ink: Callable[[Strokes], Awaitable[None]]) -> None:
        super().__init__()
        self.props["label"] = label

        async def tell(event: GenericEventArguments) -> None:
            await on_ink(checked_strokes(event.args.get("strokes")))

        self.on("ink", tell, args=["strokes"])

    def clear_ink(self) -> None:
        """Take all ink away."""
        self.run_method("clear")

    def undo(self) -> None:
        """Take the last stroke away."""
        self.run_method("undo")


def checked_strokes(value: Any) -> Strokes:
    """Return what a browser sent as strokes; whatever is no point in the square is left out, and all if too many."""
    strokes = value if isinstance(value, list) else []
    points = [
        tuple(_point(each) for each in stroke if _is_point(each)) for stroke in strokes if isinstance(stroke, list)
    ]
    kept = tuple(stroke for stroke in points if stroke)
    return kept if sum(map(len, kept)) <= MOST_POINTS else ()


def _is_point(value: Any) -> bool:
    """Return whether it is two finite numbers."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in value)
    )


def _point(value: list[float]) -> tuple[float, float]:
    """Return the point, brought into the square."""
    x, y = (min(1.0, max(0.0, float(each))) for each in value)
    return x, y


def inked(strokes: Strokes, side: int = SIDE, pen: float = PEN) -> Image.Image:
    """Return the strokes drawn with a round pen, black on white: ``side`` x ``side`` grey pixels."""
    large = side * FINER
    page = Image.new("L", (large, large), 255)
    draw, radius = ImageDraw.Draw(page), pen * large / 2
    for stroke in strokes:
        places = [(x * large, y * large) for x, y in stroke]
        draw.line(places, fill=0, width=round(2 * radius))
        for x, y in places:  # round joints and ends
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return page.reduce(FINER)
