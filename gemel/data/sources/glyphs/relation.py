"""How a stroke is placed by the strokes before it: at an end, along, across, from one to another, repeated, apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gemel.data.sources.glyphs.stroke import SAMPLES, extent, scaled_to, trace

#: (a stroke, the character's earlier strokes, a generator) -> the stroke placed, or a copy of an earlier one.
Relation = Callable[[np.ndarray, list[np.ndarray], np.random.Generator], np.ndarray]


def _any(strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return strokes[g.integers(len(strokes))]


def _point(strokes: list[np.ndarray], g: np.random.Generator) -> complex:
    """Return a point on an earlier stroke; every other time an end, the middle or a quarter."""
    share = g.choice([0, 0.25, 0.5, 0.75, 1]) if g.random() < 0.5 else g.uniform()
    return complex(_any(strokes, g)[round(share * (SAMPLES - 1))])


def _joined(stroke: np.ndarray, at: int, point: complex) -> np.ndarray:
    """Return the stroke shifted so that its point number ``at`` lies on ``point``."""
    return np.asarray(stroke - stroke[at] + point)


def _from_start(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return _joined(stroke, 0, complex(_any(strokes, g)[0]))


def _from_end(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return _joined(stroke, 0, complex(_any(strokes, g)[-1]))


def _from_along(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return _joined(stroke, 0, _point(strokes, g))


def _arriving(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return _joined(stroke, -1, _point(strokes, g))


def _crossing(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return _joined(stroke, int(g.integers(SAMPLES // 3, 2 * SAMPLES // 3)), _point(strokes, g))


def _bridging(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    """Turn and scale the stroke to lead from one point of the character to another, if two far enough apart turn up."""
    span = stroke[-1] - stroke[0]
    for _ in range(8):
        start, end = _point(strokes, g), _point(strokes, g)
        if abs(end - start) > 0.25 and abs(span) > 0.4 * extent(stroke):
            return np.asarray(start + (stroke - stroke[0]) * ((end - start) / span))
    return _joined(stroke, 0, start)


def _repeated(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return np.asarray(_any(strokes, g) + g.uniform(0.18, 0.5) * g.choice([1, 1j, -1j, 1 + 1j]))


def _mirrored(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    """Mirror an earlier stroke beside or below itself, touching or with a gap."""
    model, gap = _any(strokes, g), g.choice([0, g.uniform(0.05, 0.35)])
    if g.random() < 0.65:
        return np.asarray(2 * model.real.max() + gap - model.conj())
    return np.asarray(model.conj() + 1j * (2 * model.imag.max() + gap))


def _apart(stroke: np.ndarray, strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    return np.asarray(stroke - stroke.mean() + _any(strokes, g).mean() + g.normal(0, 0.45) + 1j * g.normal(0, 0.45))


def dot(strokes: list[np.ndarray], g: np.random.Generator) -> np.ndarray:
    """Return a dot beside, above, below or within the character."""
    whole = np.concatenate(strokes)
    corner, far = complex(whole.real.min(), whole.imag.min()), complex(whole.real.max(), whole.imag.max())
    x, y = g.choice([-0.6, -0.25, 0, 0.25, 0.6], 2)
    reach = complex(x * (far.real - corner.real + 0.15), y * (far.imag - corner.imag + 0.15))
    blob = scaled_to(trace([(0, 1, g.uniform(0, 6), 1)]), g.uniform(0.02, 0.1))
    return np.asarray((corner + far) / 2 + reach + g.normal(0, 0.03) + blob)


#: Each relation, and how common it is before an alphabet's taste.
RELATIONS: dict[Relation, float] = {
    _from_end: 2.0,
    _from_start: 1.5,
    _from_along: 2.5,
    _arriving: 1.2,
    _crossing: 2.0,
    _bridging: 1.5,
    _repeated: 0.8,
    _mirrored: 0.7,
    _apart: 1.2,
}
