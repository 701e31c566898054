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
    shapes = [(7,), (_FIELD, 2), (STROKES, 7), (STROKES, _COARSE, 2), (STROKES, _FINE, 2)]
    sizes = [math.prod(shape) for shape in shapes]
    g = numpy_generator(seed, "glyphs", alphabet, "drawings", character)
    flat = np.split(g.standard_normal((writers, sum(sizes))), np.cumsum(sizes)[:-1], axis=1)
    return [part.reshape(writers, *shape) for part, shape in zip(flat, shapes, strict=True)]


def _complex(pairs: np.ndarray) -> np.ndarray:
    return np.asarray(pairs[..., 0] + 1j * pairs[..., 1])


def _habit(writers: list[Writer], name: str) -> np.ndarray:
    return np.array([getattr(writer, name) for writer in writers])


def _hands_applied(points: np.ndarray, writers: list[Writer]) -> np.ndarray:
    """Round corners and straighten curves as each writer does: (C, S, T) -> (C, W, S, T)."""
    hands = _habit(writers, "hand").transpose(0, 2, 1)  # (W, T, T)
    x, y = np.stack([points.real, points.imag])[:, :, None] @ hands
    return np.asarray(x + 1j * y)


def _strokes_moved(points: np.ndarray, z: np.ndarray, care: np.ndarray) -> np.ndarray:
    """Turn, stretch and shift each stroke by itself, and let its ends stop short or go too far.

    Args:
        points: (C, W, S, T).
        z: (C, W, S, 7) normals.
        care: (W, 1, 1).
    """
    turn, across, down, x, y, first, last = np.moveaxis(z * care, -1, 0)[..., None]  # (C, W, S, 1) each
    centre = points.mean(-1, keepdims=True)
    turned = (points - centre) * np.exp(0.08j * turn)
    stretched = turned.real * np.exp(0.09 * across) + 1j * turned.imag * np.exp(0.09 * down)
    start, end = points[..., :1] - points[..., 6:7], points[..., -1:] - points[..., -7:-6]
    ends = 0.35 * np.concatenate([start * first, end * last], -1) @ _ends()
    return np.asarray(stretched + centre + 0.018 * (x + 1j * y) + ends)


def _field(points: np.ndarray, z: np.ndarray, care: np.ndarray) -> np.ndarray:
    """Return a smooth displacement over the page, one a drawing, so that strokes that touch still do: (C, W, S, T).

    Args:
        points: (C, S, T).
        z: (C, W, _FIELD, 2) normals.
        care: (W, 1, 1).
    """
    x, y = np.clip(points.real + 0.5, 0, 1), np.clip(points.imag + 0.5, 0, 1)
    waves = [np.cos(np.pi * i * x) * np.cos(np.pi * j * y) / (i + j) for i in range(3) for j in range(3) if i + j]
    waves.append(np.sin(np.pi * x) * np.sin(np.pi * y))
    basis = np.stack([wave.reshape(len(points), -1) for wave in waves], 1)  # (C, _FIELD, S*T)
    return np.asarray(0.038 * care * (_complex(z) @ basis).reshape(len(points), -1, *points.shape[1:]))


def _wobbled(points: np.ndarray, coarse: np.ndarray, fine: np.ndarray, writers: list[Writer]) -> np.ndarray:
    """Bend each stroke smoothly, in proportion to its extent, and let it tremble: (C, W, S, T)."""
    care, tremor = (_habit(writers, name)[:, None, None] for name in ("care", "tremor"))
    size = extent(points)[..., None]
    bend = 0.028 * care * size * (_complex(coarse) @ _bumps(_COARSE))
    shake = 0.0085 * tremor * np.sqrt(size) * (_complex(fine) @ _bumps(_FINE))
    return np.asarray(points + bend + shake)


def _on_page(points: np.ndarray, z: np.ndarray, writers: list[Writer]) -> np.ndarray:
    """Apply slant, turn, size, proportion and place of writer and drawing: (C, W, S, T), in page coordinates."""
    own = np.moveaxis(z, -1, 0)  # (7, C, W)
    slant = _habit(writers, "slant") + 0.06 * own[0]
    turn = _habit(writers, "turn") + 0.05 * own[1]
    size = _habit(writers, "size") + 0.08 * own[2]
    wide = np.exp(_habit(writers, "width") + 0.07 * own[3])[..., None, None]
    place = _habit(writers, "place") + 0.025 * (own[4] + 1j * own[5])
    points = points.real * wide + (1j - slant[..., None, None]) * points.imag / wide
    factor = CHARACTER * np.exp(size + 1j * turn)
    return np.asarray(points * factor[..., None, None] + (0.5 + 0.5j + place)[..., None, None])


def _kept_inside(points: np.ndarray, present: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Shrink and shift each drawing (N, S, T) just as much as keeps it ``margin`` (N,) away from the page's edges."""
    there = present[..., None]
    parts = np.stack([points.real, points.imag])  # (2, N, S, T)
    low = np.where(there, parts, np.inf).min((2, 3))
    high = np.where(there, parts, -np.inf).max((2, 3))
    factor = np.minimum(1, (1 - 2 * margin) / np.maximum((high - low).max(0), 1e-9))
    half = (high - low) / 2 * factor
    centre = np.clip((low + high) / 2, margin + half, 1 - margin - half)
    parts = (parts - ((low + high) / 2)[..., None, None]) * factor[:, None, None] + centre[..., None, None]
    return np.asarray(parts[0] + 1j * parts[1])


def write(seed: int, alphabet: int, characters: list[Character], writers: int, first: int = 0) -> Drawings:
    """Return every character as drawn by every writer, character by character: N = len(characters) * writers.

    Args:
        seed: with ``alphabet`` and a character's and a writer's number, all that a drawing depends on.
        alphabet: the alphabet's number.
        characters: some of its characters.
        writers: how many draw each.
        first: the number of the first of ``characters`` in its alphabet.
    """
    people = [draw_writer(seed, alphabet, number) for number in range(writers)]
    noises = [_noise(seed, alphabet, first + number, writers) for number in range(len(characters))]
    whole, field, moves, coarse, fine = (np.stack(parts) for parts in zip(*noises, strict=True))
    care = _habit(people, "care")[:, None, None]
    plain = np.stack([character.points for character in characters])  # (C, S, T)
    points = _strokes_moved(_hands_applied(plain, people), moves, care) + _field(plain, field, care)
    points = _on_page(_wobbled(points, coarse, fine, people), whole, people).reshape(-1, *plain.shape[1:])
    present = np.repeat([character.present for character in characters], writers, axis=0)
    radius = PEN * np.exp(_habit(people, "pen") + 0.08 * whole[..., 6]).ravel()
    return Drawings(_kept_inside(points, present, radius + _MARGIN), present, radius)
