"""Similarities of two vectors, one number at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[float]


def cosine(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def euclidean(a: Vector, b: Vector) -> float:
    return -math.dist(a, b)


def squared_euclidean(a: Vector, b: Vector) -> float:
    return -sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def exp_manhattan(a: Vector, b: Vector) -> float:
    return math.exp(-sum(abs(x - y) for x, y in zip(a, b, strict=True)))


def weighted_l1(a: Vector, b: Vector, weights: Vector, bias: float) -> float:
    total = bias
    for x, y, weight in zip(a, b, weights, strict=True):
        total -= weight * abs(1 / (1 + math.exp(-x)) - 1 / (1 + math.exp(-y)))
    return total


def modified_hausdorff(a: Sequence[Vector], b: Sequence[Vector]) -> float:
    def mean_nearest(points: Sequence[Vector], others: Sequence[Vector]) -> float:
        return sum(min(math.dist(point, other) for other in others) for point in points) / len(points)

    return max(mean_nearest(a, b), mean_nearest(b, a))
