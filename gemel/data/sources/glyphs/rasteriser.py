"""Paths -> ink: a pen of a given radius drawn along strokes, on many pages at once."""

from __future__ import annotations

import math

import numpy as np

from gemel.data.sources.glyphs.writer import Drawings

#: Width of the blur (standard deviation), as a share of the page and at least in pixels.
_BLUR, _BLUR_PIXELS = 0.0125, 0.8

#: Drawings at a time: few enough to stay in the processor's cache.
_CHUNK = 32


def _weights(points: np.ndarray, present: np.ndarray, blur: float) -> np.ndarray:
    """Return each point's share of its stroke's length, in pixels, with a cap on both ends: (N, S, T).

    The cap, ``blur sqrt(2 pi) / 2``, makes the blurred ink at an end as high as along the stroke, and a dot as high as a line.
    """
    steps = np.abs(np.diff(points, axis=-1))
    weights = np.zeros(points.shape)
    weights[..., :-1] += steps / 2
    weights[..., 1:] += steps / 2
    weights[..., [0, -1]] += blur * math.sqrt(2 * math.pi) / 2
    return np.asarray(weights * present[..., None])


def _splat(points: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """Return the pages with every point's weight spread over its four pixels: (N, size, size) float32."""
    x, y = points.real.ravel() - 0.5, points.imag.ravel() - 0.5
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    x, y, weight = x - column, y - row, weights.ravel()
    page = np.repeat(np.arange(len(points)) * size, points[0].size)
    at = (page + row) * size + column
    places = np.concatenate([at, at + 1, at + size, at + size + 1])
    right, below = weight * x, weight * y
    corner = right * y
    shares = np.concatenate([weight - right - below + corner, right - corner, below - corner, corner])
    flat = np.bincount(places, shares, minlength=len(points) * size * size)
    return flat.reshape(-1, size, size).astype(np.float32)


def _gaussian(size: int, blur: float) -> np.ndarray:
    """Return the blur along one axis, scaled so that after both a straight line is 1 high: (size, size)."""
    at = np.arange(size)
    height = (blur * math.sqrt(2 * math.pi)) ** -0.5
    return np.asarray(height * np.exp(-0.5 * ((at[:, None] - at) / blur) ** 2), np.float32)


def _ink(drawings: Drawings, size: int) -> np.ndarray:
    blur = max(_BLUR * size, _BLUR_PIXELS)
    points = drawings.points * size
    kernel = _gaussian(size, blur)
    ink = kernel @ _splat(points, _weights(points, drawings.present, blur), size) @ kernel
    np.log(np.maximum(ink, np.float32(1e-12), out=ink), out=ink)
    np.sqrt(np.maximum(np.multiply(ink, np.float32(-2), out=ink), 0, out=ink), out=ink)
    ink *= np.float32(-blur)
    ink += (drawings.radius * size + 0.5).astype(np.float32)[:, None, None]
    return np.asarray(np.float32(255.5) - 255 * np.clip(ink, 0, 1, out=ink), np.uint8)


def rasterise(drawings: Drawings, size: int) -> np.ndarray:
    """Return the drawings as grey pictures, black ink on white, anti-aliased: (N, size, size) uint8.

    A straight path blurred by a Gaussian of width s is ``exp(-d^2 / 2 s^2) / (s sqrt(2 pi))`` high at distance d, so that
    ``d = s sqrt(-2 ln(height s sqrt(2 pi)))``: one splat and one separable blur give the distance to the path at once
    for all pixels of all pages, with a little more ink where strokes meet, as with a real pen. The ink covers
    ``clip(radius + 1/2 - d, 0, 1)`` of a pixel.
    """
    pages = np.empty((len(drawings.points), size, size), np.uint8)
    for start in range(0, len(pages), _CHUNK):
        part = slice(start, start + _CHUNK)
        chunk = Drawings(drawings.points[part], drawings.present[part], drawings.radius[part])
        pages[part] = _ink(chunk, size)
    return pages
