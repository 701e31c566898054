"""An alphabet: a style, and characters as strokes placed by relations to earlier strokes.

After Lake, Salakhutdinov & Tenenbaum 2015 (Bayesian program learning): a character is a few strokes, re-used within its
alphabet, each starting at, ending at or attached along an earlier one, or apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gemel.data.sources.glyphs.relation import RELATIONS, dot
from gemel.data.sources.glyphs.stroke import KINDS, SAMPLES, STRAIGHT, even, scaled_to, trace
from gemel.randomness import numpy_generator

#: Most strokes of a character.
STROKES = 6

#: Two characters of an alphabet differ by at least this Hausdorff distance, in character sizes.
DISTINCT = 0.17

#: Drafts of a character before one is taken as it is.
_TRIES = 24

#: Ink that comes back to a cell of this side, about three pen widths in two, is lost to the reader.
_CELL = 0.12

#: Where the distances between two characters are compared.
_LATTICE = (np.linspace(-0.6, 0.6, 9)[:, None] + 1j * np.linspace(-0.6, 0.6, 9)).ravel()


@dataclass(frozen=True)
class Style:
    """What the characters of an alphabet share.

    Attributes:
        kinds: (len(KINDS),) probability of each kind of stroke.
        relations: (len(RELATIONS),) probability of each relation.
        grid: radians; headings of strokes are multiples of it (0: any heading).
        extra: mean number of strokes after the first.
        reuse: probability that a stroke is one of the alphabet's own ``pool``.
        variation: probability that a character is an earlier one with a change.
        dots: probability that a character carries a dot or two.
        closing: probability that a stroke of several pieces returns to its start.
        width: factor on every character's width.
        spread: how unequal the strokes' sizes are.
        pool: the alphabet's own strokes.
        frame: a stroke that nearly all characters begin with, or None.
    """

    kinds: np.ndarray
    relations: np.ndarray
    grid: float
    extra: float
    reuse: float
    variation: float
    dots: float
    closing: float
    width: float
    spread: float
    pool: tuple[np.ndarray, ...] = ()
    frame: np.ndarray | None = None


def _taste(prior: list[float], g: np.random.Generator) -> np.ndarray:
    return g.dirichlet(np.array(prior) * 0.8)


def _kinds(g: np.random.Generator) -> np.ndarray:
    curved = np.exp(g.normal(0, 0.8))
    return _taste([weight if kind in STRAIGHT else weight * curved for kind, weight in KINDS.items()], g)


def draw_style(g: np.random.Generator) -> Style:
    """Draw an alphabet's style, its own strokes included."""
    style = Style(
        kinds=_kinds(g),
        relations=_taste(list(RELATIONS.values()), g),
        grid=float(g.choice([0, np.pi / 2, np.pi / 4], p=[0.15, 0.55, 0.3])),
        extra=float(g.uniform(0.4, 2.4)),
        reuse=float(g.uniform(0.2, 0.9)),
        variation=float(g.uniform(0, 0.6)),
        dots=float(g.choice([0.03, 0.15, 0.5], p=[0.6, 0.25, 0.15])),
        closing=float(g.uniform(0, 0.25)),
        width=float(np.exp(g.normal(-0.35, 0.2))),
        spread=float(g.uniform(0.15, 0.5)),
    )
    pool = tuple(_fresh_stroke(style, g) for _ in range(g.integers(4, 12)))
    frame = _fresh_stroke(style, g) if g.random() < 0.12 else None
    return replace(style, pool=pool, frame=frame)


def _fresh_stroke(style: Style, g: np.random.Generator) -> np.ndarray:
    kind = list(KINDS)[g.choice(len(KINDS), p=style.kinds)]
    path = trace(kind(g))
    if g.random() < style.closing:
        path = path - np.linspace(0, 1, SAMPLES) * (path[-1] - path[0])
    if g.random() < 0.5:
        path = path.conj()
    path = path * np.exp(1j * (_heading(style, g) - _direction(path, g)))
    path = path.real * np.exp(g.normal(0, 0.25)) + 1j * path.imag
    return scaled_to(even(path), float(np.clip(np.exp(g.normal(-0.25, style.spread)), 0.2, 1.3)))


def _direction(path: np.ndarray, g: np.random.Generator) -> float:
    """Return the direction of the path's beginning, of its end, or from its beginning to its end."""
    ways = [path[4] - path[0], path[-1] - path[-5], path[-1] - path[0]]
    return float(np.angle(ways[g.choice(3, p=[0.35, 0.25, 0.4])]))


def _heading(style: Style, g: np.random.Generator) -> float:
    if style.grid and g.random() < 0.9:
        diagonal = style.grid < 1 and g.random() < 0.4
        return float(np.pi / 2 * g.integers(4) + np.pi / 4 * diagonal + g.normal(0, 0.06))
    return float(g.uniform(0, 2 * np.pi))


def _stroke(style: Style, g: np.random.Generator) -> np.ndarray:
    if g.random() >= style.reuse:
        return _fresh_stroke(style, g)
    stroke = style.pool[g.integers(len(style.pool))] * np.exp(g.normal(0, 0.2))
    if g.random() < 0.35:
        stroke = [stroke.conj(), -stroke.conj(), -stroke][g.integers(3)]
    return np.asarray(stroke)


def _placed(stroke: np.ndarray, strokes: list[np.ndarray], style: Style, g: np.random.Generator) -> np.ndarray:
    """Return the stroke (or a copy of an earlier one) placed by a relation of the alphabet's taste."""
    relation = list(RELATIONS)[g.choice(len(RELATIONS), p=style.relations)]
    return relation(stroke, strokes, g)


def _fresh_character(style: Style, g: np.random.Generator) -> list[np.ndarray]:
    strokes = [_stroke(style, g) if style.frame is None or g.random() < 0.1 else style.frame]
    framed = strokes[0] is style.frame
    for _ in range(min(g.poisson(style.extra) + framed, STROKES - 2)):
        strokes.append(_placed(_stroke(style, g), strokes, style, g))
    if g.random() < style.dots:
        strokes += [dot(strokes, g) for _ in range(g.integers(1, 3))]
    return strokes[:STROKES]


def _varied(strokes: list[np.ndarray], style: Style, g: np.random.Generator) -> list[np.ndarray]:
    """Return the character with one stroke more, fewer, other, or elsewhere."""
    strokes, at = list(strokes), int(g.integers(len(strokes)))
    change = g.choice(["more", "fewer", "other", "moved", "dot"], p=[0.35, 0.15, 0.25, 0.15, 0.1])
    if change == "fewer" and len(strokes) > 1:
        del strokes[at]
    elif change == "other":
        new = _stroke(style, g)
        strokes[at] = new - new[0] + strokes[at][0]
    elif change == "moved" and len(strokes) > 1:
        strokes[at] = _placed(strokes[at], strokes[:at] + strokes[at + 1 :], style, g)
    elif len(strokes) < STROKES:
        strokes.append(dot(strokes, g) if change == "dot" else _placed(_stroke(style, g), strokes, style, g))
    return strokes


def _normalised(strokes: list[np.ndarray], width: float) -> list[np.ndarray]:
    """Return the strokes with their common bounding box centred on 0, its longer side 1, less slim than it was."""
    whole = np.stack(strokes)
    x, y = whole.real * width, whole.imag
    x, y = x - (x.max() + x.min()) / 2, y - (y.max() + y.min()) / 2
    wide, high = np.ptp(x), np.ptp(y)
    if min(wide, high) > 0.15 * max(wide, high):
        x, y = x * (high / wide) ** 0.25, y * (wide / high) ** 0.25
    return list((x + 1j * y) / max(np.ptp(x), np.ptp(y), 1e-9))


def _readable(strokes: list[np.ndarray], g: np.random.Generator) -> bool:
    """Tell whether the ink does not run over or close beside itself; bare lines pass now and then."""
    whole = np.stack(strokes)
    length = np.abs(np.diff(whole, axis=1)).sum()
    if length < 1.4:
        return bool(g.random() < 0.25)
    columns, rows = np.rint(whole.real / _CELL).astype(int), np.rint(whole.imag / _CELL).astype(int)
    cells = len(np.unique(columns * 1000 + rows))
    return bool(0.95 * length < cells * _CELL and length < 5)


def _signature(strokes: list[np.ndarray]) -> np.ndarray:
    """Return the distance to the nearest ink from each point of a lattice: (81,).

    The largest difference between two characters' signatures is their Hausdorff distance, as seen from the lattice.
    """
    ink = np.stack(strokes)[:, ::4].ravel()
    return np.asarray(np.abs(_LATTICE[:, None] - ink).min(1))


@dataclass(frozen=True)
class Character:
    """A character before anybody draws it.

    Attributes:
        points: (STROKES, SAMPLES) complex; the strokes' bounding box is centred on 0, its longer side is 1.
        present: (STROKES,) bool: which rows are strokes.
    """

    points: np.ndarray
    present: np.ndarray


def _padded(strokes: list[np.ndarray]) -> Character:
    points = np.zeros((STROKES, SAMPLES), complex)
    points[: len(strokes)] = strokes
    return Character(points, np.arange(STROKES) < len(strokes))


def _drafted(style: Style, earlier: list[list[np.ndarray]], g: np.random.Generator) -> list[np.ndarray]:
    if earlier and g.random() < style.variation:
        return _normalised(_varied(earlier[g.integers(len(earlier))], style, g), 1.0)
    return _normalised(_fresh_character(style, g), style.width)


def draw_alphabet(seed: int, alphabet: int, characters: int) -> list[Character]:
    """Return the first ``characters`` of an alphabet; each depends on the seed, the alphabet and the ones before it.

    A draft that is hard to read, or too like an earlier character, is thrown away; the 24th stays whatever it is.
    """
    style = draw_style(numpy_generator(seed, "glyphs", alphabet, "style"))
    drawn: list[list[np.ndarray]] = []
    signatures = np.full((characters, len(_LATTICE)), np.inf)
    for number in range(characters):
        g = numpy_generator(seed, "glyphs", alphabet, "character", number)
        for _ in range(_TRIES):
            strokes = _drafted(style, drawn, g)
            signatures[number] = _signature(strokes)
            if _readable(strokes, g) and np.all(np.abs(signatures[:number] - signatures[number]).max(1) > DISTINCT):
                break
        drawn.append(strokes)
    return [_padded(strokes) for strokes in drawn]
