"""Characters drawn with the mouse, by a hand that is never twice the same."""

from __future__ import annotations

import itertools
import math

import numpy as np
from playwright.sync_api import Page, expect

from gemel.pages.texts import Texts
from gemel.randomness import numpy_generator

#: A stroke: points (x, y) from 0 to 1.
Stroke = list[tuple[float, float]]


def line(*corners: tuple[float, float]) -> Stroke:
    """Return a stroke through some corners."""
    points = []
    for (x, y), (to_x, to_y) in itertools.pairwise(corners):
        points += [(x + (to_x - x) * step / 10, y + (to_y - y) * step / 10) for step in range(11)]
    return points


def arc(x: float, y: float, radius: float, start: float, end: float) -> Stroke:
    """Return a part of a circle, from one angle to another."""
    angles = [start + (end - start) * step / 24 for step in range(25)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


CHARACTERS: dict[str, list[Stroke]] = {
    "ka": [line((0.25, 0.2), (0.25, 0.8)), line((0.25, 0.5), (0.75, 0.2)), line((0.25, 0.5), (0.75, 0.8))],
    "mo": [arc(0.5, 0.5, 0.3, 0, 6.2), line((0.5, 0.2), (0.5, 0.8))],
    "zu": [line((0.2, 0.25), (0.8, 0.25), (0.2, 0.75), (0.8, 0.75)), arc(0.8, 0.4, 0.06, 0, 6.3)],
    "new": [line((0.5, 0.15), (0.2, 0.8), (0.8, 0.8)), line((0.2, 0.3), (0.8, 0.3)), line((0.35, 0.55), (0.35, 0.62))],
}


def another_hand(strokes: list[Stroke], seed: int) -> list[Stroke]:
    """Return the strokes turned, scaled, moved and shaken a little."""
    g = numpy_generator(seed, "hand")
    turn = g.uniform(0.04, 0.12) * g.choice([-1, 1])
    scale, (dx, dy) = g.uniform(0.85, 1.05), g.uniform(-0.04, 0.04, 2)
    matrix = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    moved = [(np.array(stroke) - 0.5) @ matrix.T + [0.5 + dx, 0.5 + dy] for stroke in strokes]
    return [[(x, y) for x, y in (points + g.normal(0, 0.004, points.shape)).tolist()] for points in moved]


def draw(page: Page, strokes: list[Stroke]) -> None:
    """Draw into the square with the mouse."""
    box = page.locator("canvas.g-square").bounding_box()
    assert box is not None
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def draws_and_recognises(page: Page) -> None:
    """Draw three characters, draw them again, and one that is new."""
    say = Texts("en")
    for label in ("ka", "mo", "zu"):
        draw(page, CHARACTERS[label])
        page.get_by_label(say("draw.name")).fill(label)
        page.get_by_role("button", name=say("draw.keep")).click()
        expect(page.locator(".g-tile", has_text=label)).to_be_visible()
    answer = page.locator(".g-answer")
    for seed, label in enumerate(("ka", "mo", "zu", "mo")):
        draw(page, another_hand(CHARACTERS[label], seed))
        expect(answer).to_have_text(label)
        page.get_by_role("button", name=say("draw.clear")).click()
        expect(answer).to_have_count(0)
    draw(page, CHARACTERS["new"])
    expect(answer).to_have_text(say("unknown"))
