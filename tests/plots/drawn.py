"""What tests ask of a figure."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text


def texts(figure: Figure) -> list[str]:
    """Return every text of a figure, drawn once so that all are in place."""
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def pictures(figure: Figure) -> list:
    """Return the axes that hold a picture."""
    return [axes for axes in figure.get_axes() if axes.get_images()]


def frame_colour(axes) -> tuple[float, ...]:
    return axes.spines["top"].get_edgecolor()
