"""A stroke: a path that turns as it goes, made of one to a few pieces.

Points are complex numbers, x + iy with y downwards, so that turning and scaling are one multiplication.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Points of every stroke, evenly spaced along it.
SAMPLES = 96

#: One piece of a stroke: (corner before it, length, sweep along it, tightening); angles in radians.
Piece = tuple[float, float, float, float]


def trace(pieces: list[Piece]) -> np.ndarray:
    """Return the path (SAMPLES,) that starts at 0 heading along +x and follows the pieces.

    The heading after the share u of the length is
    ``sum_p corner_p [u >= start_p] + sweep_p clip((u - start_p) / length_p, 0, 1)^tightening_p``:
    a straight line has sweep 0, a circle 2 pi, and a spiral tightens with an exponent above 1.
    """
    corner, length, sweep, tightening = np.array(pieces).T
    length = length / length.sum()
    start = np.cumsum(length) - length
    u = (np.arange(SAMPLES - 1)[:, None] + 0.5) / (SAMPLES - 1)
    progress = np.clip((u - start) / length, 0, 1) ** tightening
    heading = (corner * (u >= start) + sweep * progress).sum(1)
    return np.concatenate([[0], np.cumsum(np.exp(1j * heading))])


def extent(points: np.ndarray) -> np.ndarray:
    """Return the longer side of the bounding box: (..., T) -> (...)."""
    x, y = points.real, points.imag
    return np.asarray(np.maximum(np.ptp(x, axis=-1), np.ptp(y, axis=-1)))


def even(path: np.ndarray) -> np.ndarray:
    """Return the same path with its points evenly spaced along it."""
    along = np.concatenate([[0], np.cumsum(np.abs(np.diff(path)))])
    return np.asarray(np.interp(np.linspace(0, along[-1], SAMPLES), along, path))


def scaled_to(points: np.ndarray, size: float) -> np.ndarray:
    """Return the path scaled so that its bounding box's longer side is ``size``."""
    return points * (size / max(float(extent(points)), 1e-9))


def _line(g: np.random.Generator) -> list[Piece]:
    return [(0, 1, g.normal(0, 0.15), 1)]


def _arc(g: np.random.Generator) -> list[Piece]:
    return [(0, 1, g.uniform(0.8, 4.4), g.uniform(0.8, 1.3))]


def _loop(g: np.random.Generator) -> list[Piece]:
    return [(0, 1, 2 * np.pi * g.uniform(0.9, 1.15), 1)]


def _hook(g: np.random.Generator) -> list[Piece]:
    return [(0, 1, g.normal(0, 0.15), 1), (g.choice([0, 0.6]), g.uniform(0.25, 0.9), g.uniform(1.5, 4.7), 1)]


def _cane(g: np.random.Generator) -> list[Piece]:
    return [(0, g.uniform(0.3, 1.0), g.uniform(1.5, 4.2), 1), (0, 1, g.normal(0, 0.15), 1)]


def _corner(g: np.random.Generator) -> list[Piece]:
    return [(0, 1, 0, 1), (g.uniform(0.9, 2.6), g.uniform(0.3, 1.3), g.normal(0, 0.2), 1)]


def _bracket(g: np.random.Generator) -> list[Piece]:
    turn, middle = g.normal(1.57, 0.25), g.uniform(0.5, 1.6)
    return [(0, 1, 0, 1), (turn, middle, 0, 1), (turn, g.uniform(0.4, 1.2), 0, 1)]


def _zigzag(g: np.random.Generator) -> list[Piece]:
    turn = g.uniform(1.2, 2.6)
    turns = [0.0, turn, -turn, turn][: g.integers(3, 5)]
    return [(turn, g.uniform(0.8, 1.2), 0, 1) for turn in turns]


def _wave(g: np.random.Generator) -> list[Piece]:
    sweep = g.uniform(1.5, 4.2)
    return [(0, 1, sweep, 1), (0, g.uniform(0.7, 1.3), -sweep * g.uniform(0.7, 1.2), 1)]


def _humps(g: np.random.Generator) -> list[Piece]:
    sweep, corner = g.uniform(2.2, 3.8), -g.uniform(2.0, 3.1)
    return [(0, 1, sweep, 1)] + [(corner, g.uniform(0.7, 1.3), sweep, 1) for _ in range(g.integers(1, 3))]


def _spiral(g: np.random.Generator) -> list[Piece]:
    return [(0, 1, g.uniform(7.0, 10.5), g.uniform(1.2, 1.8))]


def _wander(g: np.random.Generator) -> list[Piece]:
    pieces: list[Piece] = []
    for _ in range(g.integers(2, 5)):
        corner, sweep = g.normal(0, 1.4) * (g.random() < 0.5), g.normal(0, 1.8) * (g.random() < 0.7)
        pieces.append((corner, g.uniform(0.5, 1.2), sweep, 1))
    return pieces


#: Each kind of stroke, and how common it is before an alphabet's taste.
KINDS: dict[Callable[[np.random.Generator], list[Piece]], float] = {
    _line: 4.0,
    _arc: 2.0,
    _loop: 1.0,
    _hook: 1.6,
    _cane: 1.2,
    _corner: 1.6,
    _bracket: 1.0,
    _zigzag: 0.7,
    _wave: 1.0,
    _humps: 0.7,
    _spiral: 0.25,
    _wander: 1.4,
}

STRAIGHT = (_line, _corner, _bracket, _zigzag)
