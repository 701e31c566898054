"""Pictures of a size or a shape unlike the others'."""

from __future__ import annotations

import numpy as np

from gemel.data.doctor.finding import Finding, few
from gemel.data.doctor.survey import Survey
from gemel.wording import counted

#: A picture is odd from so many times, or one part in so many, of the usual size (square root of its area) or shape.
_ODD_SIZE = 4.0
_ODD_SHAPE = 3.0

#: ... and so many of the usual deviations away, where sizes vary anyway.
_DEVIATIONS = 5.0

#: The median absolute deviation of a normal distribution, as part of its standard deviation.
_MEDIAN_DEVIATION = 0.6745


def odd_sizes(seen: Survey) -> Finding | None:
    """Notice pictures far larger, smaller, longer or taller than the others."""
    if not len(seen):
        return None
    size, shape = _size_and_shape(seen.sizes)
    odd = np.flatnonzero(is_outlier(size, np.log(_ODD_SIZE)) | is_outlier(shape, np.log(_ODD_SHAPE)))
    if not len(odd):
        return None
    examples = (
        f"{name} ({width} x {height})"
        for name, (width, height) in zip(seen.names(odd), seen.sizes[odd].tolist(), strict=True)
    )
    usual = np.median(seen.sizes, axis=0).astype(int)
    return Finding(
        "odd_sizes",
        "warning",
        f"{counted(len(odd), 'picture is', 'pictures are')} of a size or shape unlike the others', usually about "
        f"{usual[0]} x {usual[1]} pixels.",
        "See whether they are icons, screenshots or panoramas that got in by mistake. All are brought to one size; "
        "preprocessing.fit=pad keeps their shape.",
        few(examples),
    )


def _size_and_shape(sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithms of the root of the area and of width / height: (N, 2) -> (N,), (N,)."""
    width, height = np.log(np.maximum(sizes, 1)).T
    return (width + height) / 2, width - height


def is_outlier(values: np.ndarray, least: float) -> np.ndarray:
    """Tell which values lie ``least`` and five robust deviations from the median: (N,) -> (N,) bool."""
    distance = np.abs(values - np.median(values))
    deviation = np.median(distance) / _MEDIAN_DEVIATION
    return distance > np.maximum(least, _DEVIATIONS * deviation)
