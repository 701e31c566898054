"""Paths -> ink: a pen of a given radius drawn along strokes, on many pages at once."""

from __future__ import annotations

import math

import numpy as np

from gemel.data.sources.glyphs.writer import Drawings

#: Width of the blur (standard deviation), as a share of the page and at least in pixels.
_BLUR, _BLUR_PIXELS = 0.016, 0.9

#: Drawings at a time: few enough to stay in the processor's cache.
_CHUNK = 32


def _weights(strokes: np.ndarray, blur: float) -> np.ndarray:
    """Return each point's share of its stroke's length, in pixels, with a cap on both ends: (M, T) -> (M, T).

    The cap, ``blur sqrt(2 pi) / 2``, makes the blurred ink at an end, and a dot's, as high as along a stroke.
    """
    steps = np.abs(np.diff(strokes, axis=-1))
    weights = np.zeros(strokes.shape)
    weights[:, :-1] += steps / 2
    weights[:, 1:] += steps / 2
    weights[:, [0, -1]] += blur * math.sqrt(2 * math.pi) / 2
    return weights


def _splat(points: np.ndarray, weights: np.ndarray, page: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Return the pages with every point's weight spread over its four pixels: (N, size, size) float32.

    Args:
        points: (P,) complex, in pixels, at least half a pixel inside.
        weights: (P,).
        page: (P,) the page that each point is on.
        shape: (N, size, size).
    """
    pages, _, size = shape
    x, y = points.real - 0.5, points.imag - 0.5
    column, row = x.astype(np.int64), y.astype(np.int64)
    x, y = x - column, y - row
    at = (page * size + row) * size + column
    places = np.concatenate([at, at + 1, at + size, at + size + 1])
    right, below = weights * x, weights * y
    corner = right * y
    shares = np.concatenate([weights - right - below + corner, right - corner, below - corner, corner])
    return np.bincount(places, shares, minlength=pages * size * size).reshape(shape).astype(np.float32)


def _gaussian(size: int, blur: float) -> np.ndarray:
    """Return the blur along one axis, scaled so that after both a straight line is 1 high: (size, size)."""
    at = np.arange(size)
    rest = blur**2 - 1 / 6  # the splat over four pixels is itself a blur, of variance 1/6 on average
    height = math.sqrt(blur * math.sqrt(2 * math.pi) / (2 * math.pi * rest))
    kernel = height * np.exp(-0.5 * (at[:, None] - at) ** 2 / rest)
    return np.where(kernel > 1e-9, kernel, 0).astype(np.float32)  # tails below float32's normal range are slow


def _ink(drawings: Drawings, size: int) -> np.ndarray:
    blur = max(_BLUR * size, _BLUR_PIXELS)
    strokes = drawings.points[drawings.present] * size  # (M, T)
    page = np.repeat(np.nonzero(drawings.present)[0], strokes.shape[1])
    kernel = _gaussian(size, blur)
    shape = (len(drawings.points), size, size)
    ink = kernel @ _splat(strokes.ravel(), _weights(strokes, blur).ravel(), page, shape) @ kernel
    np.log(np.maximum(ink, np.float32(1e-12), out=ink), out=ink)
    np.sqrt(np.maximum(np.multiply(ink, np.float32(-2), out=ink), 0, out=ink), out=ink)
    ink *= np.float32(-blur)
    ink += (drawings.radius * size + 0.5).astype(np.float32)[:, None, None]
    return np.asarray(np.float32(255.5) - 255 * np.clip(ink, 0, 1, out=ink), np.uint8)


def rasterise(drawings: Drawings, size: int) -> np.ndarray:
    """Return the drawings as grey pictures, black ink on white, anti-aliased: (N, size, size) uint8.

    A straight path blurred by a Gaussian of width s is ``exp(-d^2 / 2 s^2) / (s sqrt(2 pi))`` high at distance d, so
    that ``d = s sqrt(-2 ln(height s sqrt(2 pi)))``: one splat and one separable blur give the distance to the path
    for all pixels of all pages at once, with a little more ink where strokes meet, as with a real pen. The ink covers
    ``clip(radius + 1/2 - d, 0, 1)`` of a pixel.
    """
    pages = np.empty((len(drawings.points), size, size), np.uint8)
    for start in range(0, len(pages), _CHUNK):
        part = slice(start, start + _CHUNK)
        chunk = Drawings(drawings.points[part], drawings.present[part], drawings.radius[part])
        pages[part] = _ink(chunk, size)
    return pages
