"""Squared distances of a random linear map's values from a random point."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.optimisers.problems import Family, Problems
from gemel.randomness import torch_generator


def quadratic(theta: Tensor, matrix: Tensor, target: Tensor) -> Tensor:
    """Return ``|W theta - y|²``: (B, D), (B, D, D), (B, D) -> (B,)."""
    return ((matrix @ theta[..., None])[..., 0] - target).square().sum(-1)


class Quadratics(Problems):
    """Some quadratics: ``matrix`` (B, D, D), ``target`` (B, D) and ``start`` (B, D)."""

    def __init__(self, matrix: Tensor, target: Tensor, start: Tensor) -> None:
        self.matrix, self.target, self.start = matrix, target, start

    def loss(self, theta: Tensor, step: int) -> Tensor:
        return quadratic(theta, self.matrix, self.target)


class Quadratic(Family):
    """``f(theta) = |W theta - y|²``, W (D, D) and y (D,) of independent standard normal numbers.

    Andrychowicz et al. (2016), section 3.1, with D = 10. The start is normal, too; its deviation is that of the code
    which the authors published.

    Args:
        dimensions: D.
        deviation: of the start's coordinates.

    Raises:
        ValueError: there is no dimension, or the deviation is negative.
    """

    def __init__(self, dimensions: int = 10, deviation: float = 0.01) -> None:
        if dimensions < 1 or deviation < 0:
            raise ValueError(
                f"{dimensions} dimensions and deviation {deviation}; at least 1, and 0 or more, are expected"
            )
        self.dimensions, self.deviation = dimensions, deviation

    def draw(self, count: int, seed: int, *path: int | str) -> Quadratics:
        generator = torch_generator(seed, "quadratic", *path)
        matrix = torch.randn(count, self.dimensions, self.dimensions, generator=generator)
        target, start = torch.randn(2, count, self.dimensions, generator=generator)
        return Quadratics(matrix, target, self.deviation * start)

    @property
    def fingerprint(self) -> str:
        return f"quadratic, {self.dimensions} dimensions, start {self.deviation}"
