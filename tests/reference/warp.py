"""Moving a picture pixel by pixel, in pixels."""

from __future__ import annotations

import math

import numpy as np


def bilinear(image: np.ndarray, x: float, y: float) -> float:
    """The value between four pixels, those outside being the nearest inside: (H, W)."""
    height, width = image.shape
    left, top = math.floor(x), math.floor(y)
    value = 0.0
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        weight = (1 - abs(x - column)) * (1 - abs(y - row))
        value += weight * image[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
    return value


def moved(
    image: np.ndarray, degrees: float, slant: float, scale: float, stretch: float, right: float, down: float
) -> np.ndarray:
    """The picture (H, W) scaled, stretched, slanted, turned counterclockwise about its centre, then shifted."""
    height, width = image.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cosine, sine], [-sine, cosine]])  # y points down
    shear = np.array([[1.0, -math.tan(math.radians(slant))], [0.0, 1.0]])
    motion = turn @ shear @ np.diag([scale * stretch, scale / stretch])
    result = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            x, y = np.linalg.inv(motion) @ (np.array([column - right, row - down]) - middle) + middle
            result[row, column] = bilinear(image, x, y)
    return result
