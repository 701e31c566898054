"""How people draw a character: habits that a writer keeps, and noise that every drawing has anew."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gemel.data.sources.glyphs.alphabet import STROKES, Character
from gemel.data.sources.glyphs.stroke import SAMPLES, extent
from gemel.randomness import numpy_generator

#: The page's share that an average character's longer side takes, and an average pen's radius; both as in Omniglot.
CHARACTER = 0.58
PEN = 0.024

#: White around a drawing, as a share of the page.
_MARGIN = 0.035

_COARSE, _FINE, _FIELD = 6, 16, 9


@dataclass(frozen=True)
class Drawings:
    """Ink paths on a page that is 1 wide and 1 high.

    Attributes:
        points: (N, STROKES, SAMPLES) complex, both parts in (0, 1).
        present: (N, STROKES) bool.
        radius: (N,) the pen's radius, as a share of the page.
    """

    points: np.ndarray
    present: np.ndarray
    radius: np.ndarray


def _bumps(count: int) -> np.ndarray:
    """Return smooth bumps along a stroke, each a knot's share of every point: (count, SAMPLES)."""
    knots = np.linspace(0, 1, count)[:, None]
    shares = np.exp(-0.5 * ((np.linspace(0, 1, SAMPLES) - knots) * (count - 1) / 0.7) ** 2)
    return np.asarray(shares / np.sqrt((shares**2).sum(0)))


def _ends(length: float = 0.12) -> np.ndarray:
    """Return how far each point follows a stroke's first and last point when that goes too far: (2, SAMPLES)."""
    u = np.linspace(0, 1, SAMPLES)
    return np.stack([np.clip(1 - u / length, 0, 1), np.clip(1 - (1 - u) / length, 0, 1)])


def _blended(rounding: float, angular: float, g: np.random.Generator) -> np.ndarray:
    """Return what a hand makes of a path, (SAMPLES, SAMPLES): corners rounded, or curves cut into straight lines."""
    at = np.arange(SAMPLES)
    smooth = np.exp(-0.5 * ((at[:, None] - at) / max(rounding, 1e-3)) ** 2)
    inner = np.sort(g.uniform(0, SAMPLES - 1, g.integers(5, 10)))
    nodes = np.concatenate([[0], inner, [SAMPLES - 1]])
    near = np.round(nodes).astype(int)
    straight = np.stack([np.interp(at, nodes, near == index) for index in at], axis=1)
    return np.asarray((smooth / smooth.sum(1, keepdims=True)) @ ((1 - angular) * np.eye(SAMPLES) + angular * straight))


@dataclass(frozen=True)
class Writer:
    """A writer's habits: each number is added to, or multiplies, what a drawing's own noise gives.

    Attributes:
        slant: horizontal shear.
        turn: radians.
        size, width: logarithms of factors on size and on width against height.
        place: complex, shift on the page.
        pen: logarithm of a factor on the pen's radius.
        care: factor on all noise of a drawing.
        tremor: factor on fine noise.
        hand: (SAMPLES, SAMPLES) what becomes of corners and curves.
    """

    slant: float
    turn: float
    size: float
    width: float
    place: complex
    pen: float
    care: float
    tremor: float
    hand: np.ndarray


def draw_writer(seed: int, alphabet: int, number: int) -> Writer:
    """Draw a writer's habits."""
    g = numpy_generator(seed, "glyphs", alphabet, "writer", number)
    slant, turn, size, width, x, y, pen, care, tremor, rounding, angular = g.standard_normal(11)
    return Writer(
        slant=0.14 * slant,
        turn=0.05 * turn,
        size=0.12 * size,
        width=0.1 * width,
        place=0.035 * x + 0.035j * y,
        pen=0.16 * pen,
        care=math.exp(0.3 * care),
        tremor=math.exp(0.5 * tremor),
        hand=_blended(0.8 * math.exp(0.6 * rounding), min(max(0.1 + 0.4 * angular, 0), 0.85), g),
    )


def _noise(seed: int, alphabet: int, character: int, writers: int) -> list[np.ndarray]:
    """Return the normals behind one character's drawings, (writers, ...) each, a writer's independent of the others."""
    shapes = [(8,), (_FIELD, 2), (STROKES, 7), (STROKES, _COARSE, 2), (STROKES, _FINE, 2)]
    sizes = [math.prod(shape) for shape in shapes]
    g = numpy_generator(seed, "glyphs", alphabet, "drawings", character)
    flat = np.split(g.standard_normal((writers, sum(sizes))), np.cumsum(sizes)[:-1], axis=1)
    return [part.reshape(writers, *shape) for part, shape in zip(flat, shapes, strict=True)]


def _complex(pairs: np.ndarray) -> np.ndarray:
    return np.asarray(pairs[..., 0] + 1j * pairs[..., 1])


def _strokes_moved(points: np.ndarray, z: np.ndarray, care: np.ndarray) -> np.ndarray:
    """Turn, stretch and shift each stroke by itself, and let its ends stop short or go too far.

    Args:
        points: (C, W, S, T).
        z: (C, W, S, 7) normals.
        care: (W, 1, 1).
    """
    turn, across, down, x, y, first, last = (z * care).transpose(3, 0, 1, 2)
    centre = points.mean(-1, keepdims=True)
    moved = (points - centre) * np.exp(0.08j * turn)[..., None]
    moved = moved.real * np.exp(0.09 * across)[..., None] + 1j * moved.imag * np.exp(0.09 * down)[..., None]
    start, end = points[..., :1] - points[..., 6:7], points[..., -1:] - points[..., -7:-6]
    stretch = np.concatenate([start * first[..., None], end * last[..., None]], -1) @ _ends()
    return np.asarray(moved + centre + 0.018 * (x + 1j * y)[..., None] + 0.35 * stretch)


def _wobbled(points: np.ndarray, coarse: np.ndarray, fine: np.ndarray, writers: list[Writer]) -> np.ndarray:
    """Bend each stroke smoothly, in proportion to its extent, and let it tremble."""
    care = np.array([w.care for w in writers])[:, None, None]
    tremor = np.array([w.tremor for w in writers])[:, None, None]
    size = extent(points)[..., None]
    bend = 0.028 * care * size * (_complex(coarse) @ _bumps(_COARSE))
    shake = 0.011 * tremor * np.sqrt(size * 0.6) * (_complex(fine) @ _bumps(_FINE))
    return np.asarray(points + bend + shake)


def _field(points: np.ndarray, z: np.ndarray, care: np.ndarray) -> np.ndarray:
    """Return a smooth displacement over the page, one a drawing, so that strokes that touch still do: (C, W, S, T)."""
    x, y = np.clip(points.real + 0.5, 0, 1), np.clip(points.imag + 0.5, 0, 1)
    waves = [np.cos(np.pi * i * x) * np.cos(np.pi * j * y) / (i + j) for i in range(3) for j in range(3) if i + j]
    waves.append(np.sin(np.pi * x) * np.sin(np.pi * y))
    basis = np.stack(waves, -1)  # (C, S, T, FIELD)
    characters, strokes, samples, _ = basis.shape
    moved = _complex(z) @ basis.reshape(characters, strokes * samples, -1).transpose(0, 2, 1)  # (C, W, S*T)
    return np.asarray(0.038 * care * moved.reshape(characters, -1, strokes, samples))


def _on_page(points: np.ndarray, present: np.ndarray, z: np.ndarray, writers: list[Writer]) -> np.ndarray:
    """Apply slant, turn, size, proportion and place of writer and drawing: (C, W, S, T), in page coordinates."""
    slant, turn, size, width = np.array([(w.slant, w.turn, w.size, w.width) for w in writers]).T
    place = np.array([w.place for w in writers])
    zs = z.transpose(2, 0, 1)  # (8, C, W)
    wide = np.exp(width + 0.07 * zs[3])[..., None, None]
    points = points.real * wide + 1j * points.imag / wide
    points = points + (slant + 0.06 * zs[0])[..., None, None] * -points.imag
    factor = CHARACTER * np.exp(size + 0.08 * zs[2]) * np.exp(1j * (turn + 0.05 * zs[1]))
    shift = 0.5 + 0.5j + place + 0.025 * (zs[4] + 1j * zs[5])
    return np.asarray(points * factor[..., None, None] + shift[..., None, None])


def _kept_inside(points: np.ndarray, present: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Shrink and shift each drawing (N, S, T) just as much as keeps it ``margin`` (N,) away from the page's edges."""
    sides = []
    for part in (points.real, points.imag):
        low = np.where(present[..., None], part, np.inf).min((1, 2))
        high = np.where(present[..., None], part, -np.inf).max((1, 2))
        sides.append((low, high))
    factor = np.minimum(1, (1 - 2 * margin) / np.maximum.reduce([high - low for low, high in sides]).clip(1e-9))
    parts = []
    for part, (low, high) in zip((points.real, points.imag), sides, strict=True):
        middle, half = (low + high) / 2, (high - low) / 2 * factor
        centre = np.clip(middle, margin + half, 1 - margin - half)
        parts.append((part - middle[:, None, None]) * factor[:, None, None] + centre[:, None, None])
    return np.asarray(parts[0] + 1j * parts[1])


def write(seed: int, alphabet: int, characters: list[Character], writers: int, first: int = 0) -> Drawings:
    """Return every character as drawn by every writer, character by character: N = len(characters) * writers.

    Args:
        seed: with ``alphabet`` and a character's or a writer's number, all that a drawing depends on.
        alphabet: the alphabet's number.
        characters: some of its characters.
        writers: how many draw each.
        first: the number of the first of ``characters`` in its alphabet.
    """
    people = [draw_writer(seed, alphabet, number) for number in range(writers)]
    noises = [_noise(seed, alphabet, first + number, writers) for number in range(len(characters))]
    whole, field, moves, coarse, fine = (np.stack(parts) for parts in zip(*noises, strict=True))
    care = np.array([w.care for w in people])[:, None, None]
    base = np.stack([c.points for c in characters])  # (C, S, T)
    present = np.stack([c.present for c in characters])
    hands = np.stack([w.hand for w in people]).transpose(0, 2, 1)
    points = base[:, None] @ hands  # (C, W, S, T)
    points = _strokes_moved(points, moves, care) + _field(base, field, care)
    points = _on_page(_wobbled(points, coarse, fine, people), present, whole, people)
    radius = PEN * np.exp(np.array([w.pen for w in people]) + 0.08 * whole[..., 6]).ravel()
    flat = points.reshape(-1, *base.shape[1:])
    there = np.repeat(present, writers, axis=0)
    return Drawings(_kept_inside(flat, there, radius + _MARGIN), there, radius)
