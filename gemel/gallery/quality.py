"""What speaks against an example: pure functions of pictures and scores."""

from __future__ import annotations

import numpy as np
from PIL import Image

from gemel.evaluation.calibration import Calibration

#: Sharpness is measured where the longer side has so many pixels.
SIDE = 64

#: Less sharp pictures are told to be blurred. Of 200 pictures each of faces, natural images, characters, signatures
#: and magnetic tiles none was below it; blurred by 4 % of their longer side most were (benchmarks/gallery_quality.py).
BLURRED = 0.02

#: Genuine validation pairs that score as high as a near duplicate: 1 in 1000; and that disagree: 1 in 100.
DUPLICATES, DISAGREEING = 0.001, 0.01


def sharpness(image: Image.Image) -> float:
    """Return the variance of the picture's Laplacian over that of its grey levels, at 64 pixels; 0 for an even one.

    ``var(4 g - left - right - above - below) / var(g)`` (Pech-Pacheco et al. 2000, who do not divide): divided, it does
    not change with the light.
    """
    grey = image.convert("L")
    scale = SIDE / max(grey.size)
    size = (max(3, round(grey.width * scale)), max(3, round(grey.height * scale)))
    levels = np.asarray(grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), np.float64)
    spread = float(levels.var())
    return float(laplacian(levels).var()) / spread if spread else 0.0


def laplacian(levels: np.ndarray) -> np.ndarray:
    """Return four times each inner level less its four neighbours: (H, W) -> (H - 2, W - 2)."""
    beside: np.ndarray = levels[:-2, 1:-1] + levels[2:, 1:-1] + levels[1:-1, :-2] + levels[1:-1, 2:]
    return 4 * levels[1:-1, 1:-1] - beside


def duplicate_from(calibration: Calibration) -> float:
    """Return the score that 1 in 1000 genuine validation pairs reach, or the highest of fewer: near duplicates do."""
    return min(calibration.genuine.threshold_reached_by(DUPLICATES), calibration.genuine.scores[-1])


def disagreeing_below(calibration: Calibration) -> float:
    """Return the score that 99 in 100 genuine validation pairs reach."""
    return calibration.genuine.threshold_reached_by(1 - DISAGREEING)


def blur_warning(sharp: float) -> list[str]:
    """Return what is told of a picture of that sharpness."""
    if sharp == 0:
        return ["blank: the picture is even"]
    return ["blurred: the picture shows next to no detail"] if sharp < BLURRED else []


def likeness_warnings(
    calibration: Calibration, label: str, scores: np.ndarray, labels: list[str], known: float | None
) -> list[str]:
    """Return what is told of an item by its likeness to others.

    Args:
        calibration: says what is high and what is low.
        label: the item's class.
        scores, labels: (n,) its scores with the references nearest to it, and their classes.
        known: its score with its own class; None where that has no other example.
    """
    told = []
    close = scores >= duplicate_from(calibration)
    if any(near and other == label for near, other in zip(close, labels, strict=True)):
        told.append("duplicate: all but the same as another example of its class")
    others = sorted({other for near, other in zip(close, labels, strict=True) if near and other != label})
    if others:
        told.append(f"duplicate: all but the same as an example of '{others[0]}'")
    if known is not None and known < disagreeing_below(calibration):
        told.append("disagrees: unlike the other examples of its class")
    return told
