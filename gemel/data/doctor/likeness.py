"""Which of many small pictures are nearly the same: an exact search, fast and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.fft import dctn

#: From this likeness on two pictures are near duplicates. Saved again as JPEG, resized or with other contrast, pictures
#: keep 0.98 and more; of Omniglot's 32,460 drawings, hardly more than ten simple strokes come so close by chance.
NEAR = 0.96

#: Likewise where all pictures have fewer pixels than their small copies, and so less to tell them apart by.
NEAR_WHERE_SMALL = 0.99

#: The blur before the comparison, in pixels of the small copies; it forgives a shift by a fraction of one.
_BLUR = 0.7

#: The low frequencies in a band of so many, horizontally and vertically, tell most pairs apart.
_LOW = 16

#: Values held at a time.
_BUDGET = 4_000_000

#: An item's most alike candidates of its own class, and of other classes, that are looked at closely.
_CLOSEST = 16


def edge_features(thumbnails: np.ndarray) -> np.ndarray:
    """Return features whose inner product is the correlation of two pictures' blurred brightness gradients.

    The gradients' inner product is a sum over the frequencies (u, v) of the cosine transform C, as the gradient's
    square is diagonal there: ``f(u, v) = C(u, v) sqrt(4 - 2 cos u - 2 cos v) exp(-blur^2 (u^2 + v^2) / 2)``, scaled to
    length 1. Unlike brightness itself, gradients do not make every dark picture with a light middle alike.

    Args:
        thumbnails: (N, S, S), any numbers.

    Returns:
        (N, S, S) float32 of length 1; all 0 for a picture of one brightness.
    """
    side = thumbnails.shape[-1]
    frequency = np.pi / side * np.arange(side)
    across, down = np.meshgrid(frequency, frequency)
    weight = np.sqrt(4 - 2 * np.cos(across) - 2 * np.cos(down)) * np.exp(-(_BLUR**2) * (across**2 + down**2) / 2)
    features = dctn(thumbnails.astype(np.float32), axes=(1, 2), norm="ortho") * weight.astype(np.float32)
    length = np.sqrt((features**2).sum((1, 2), keepdims=True))
    return features / np.maximum(length, 1e-6)


def near_pairs(
    thumbnails: np.ndarray,
    labels: np.ndarray,
    progress: Callable[[int, int], None] | None = None,
    least: float = NEAR,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of pictures whose likeness is at least ``least``, most alike first.

    Of a picture that is like very many, the 16 likeliest in its class and the 16 in others are compared.

    Args:
        thumbnails: (N, S, S).
        labels: (N,) each picture's class.
        progress: called with (pictures done, pictures in all).
        least: in (0, 1].

    Returns:
        (P, 2) int64, positions i < j; and (P,) float32, the likeness of each pair.
    """
    bounds = upper_bounds(thumbnails)
    count, start = len(thumbnails), 0
    found = [(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))]
    while start < count:
        stop = min(count, start + max(1, _BUDGET // (count - start)))
        pairs = _candidates(bounds[start:stop] @ bounds[start:].T, labels[start:stop], labels[start:], least) + start
        likeness = pair_likeness(thumbnails, pairs)
        found.append((pairs[likeness >= least], likeness[likeness >= least]))
        start = stop
        if progress is not None:
            progress(start, count)
    pairs, likeness = np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])
    order = np.argsort(-likeness, kind="stable")
    return pairs[order], likeness[order]


def upper_bounds(thumbnails: np.ndarray) -> np.ndarray:
    """Return vectors whose inner product is never less than the pictures' likeness: (N, S, S) -> (N, 16 * 16) float32.

    They are the features' low frequencies; the others' inner product is at most the product of their lengths, which
    stand in the place of frequency (0, 0), always 0 itself.
    """
    bounds = np.empty((len(thumbnails), _LOW * _LOW), np.float32)
    for start in range(0, len(thumbnails), 4096):
        low = edge_features(thumbnails[start : start + 4096])[:, :_LOW, :_LOW].reshape(-1, _LOW * _LOW)
        bounds[start : start + 4096] = low
    bounds[:, 0] = np.sqrt(np.maximum(0, 1 - (bounds**2).sum(1)))
    return bounds


def pair_likeness(thumbnails: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the likeness of pairs of pictures, in -1 ... 1: (N, S, S), (P, 2) -> (P,) float32."""
    likeness = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), 2048):
        first, second = (edge_features(thumbnails[side]) for side in pairs[start : start + 2048].T)
        likeness[start : start + 2048] = (first * second).sum((1, 2))
    return likeness


def _candidates(bounds: np.ndarray, labels: np.ndarray, others: np.ndarray, least: float) -> np.ndarray:
    """Return the pairs (i, j), j > i, whose bound reaches ``least``: (R, M) -> (P, 2); few for each i."""
    first, second = np.nonzero(bounds >= least - 1e-4)  # single precision is not exact
    later = second > first
    first, second = first[later], second[later]
    if len(first) == 0:
        return np.zeros((0, 2), np.int64)
    same = labels[first] == others[second]
    kept = _closest(first, same, bounds[first, second])
    return np.stack([first[kept], second[kept]], axis=1)


def _closest(first: np.ndarray, same: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Return the positions of the closest candidates of each picture, of its class and of others apart."""
    order = np.lexsort((-bounds, same, first))
    kind = 2 * first[order] + same[order]
    begins = np.flatnonzero(np.r_[True, kind[1:] != kind[:-1]])
    rank = np.arange(len(kind)) - np.repeat(begins, np.diff(np.r_[begins, len(kind)]))
    return np.sort(order[rank < _CLOSEST])
