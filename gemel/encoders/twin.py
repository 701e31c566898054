"""Two encoders side by side: the unshared branches of a pseudo-siamese network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gemel.encoders.encoder import Encoder
from gemel.registry import build, part_of


class Twin(Encoder):
    """``[f(x), g(x)]``: two encoders of their own weights, of one kind or of two (Zagoruyko & Komodakis 2015).

    ``similarity: crossed`` compares f of one item with g of the other. Twice the parameters and time of one encoder.

    Args:
        channels: input channels.
        dimensions: D of each branch, where ``left`` and ``right`` name none; the embedding has twice as many.
        left: f, an encoder's name, or its name and options; None for the default one.
        right: g, likewise.
        size: the items' (height, width), for branches that want to know; a recipe's ``preprocessing.size`` is taken.

    Raises:
        ValueError: the branches' embeddings differ in length.
        RecipeError: a branch's name or option is unknown.
    """

    def __init__(
        self,
        channels: int = 1,
        dimensions: int | None = None,
        left: str | Mapping[str, Any] | None = None,
        right: str | Mapping[str, Any] | None = None,
        size: tuple[int, int] = Encoder.input_size,
    ) -> None:
        sides = (("left", left), ("right", right))
        f, g = (self.branch(side, options, dimensions, channels, size) for side, options in sides)
        if f.dimensions != g.dimensions:
            raise ValueError(f"left has {f.dimensions} dimensions and right {g.dimensions}; they must have the same")
        super().__init__(channels, f.dimensions + g.dimensions)
        self.left, self.right = f, g

    @staticmethod
    def branch(
        side: str, options: str | Mapping[str, Any] | None, dimensions: int | None, channels: int, size: tuple[int, int]
    ) -> Encoder:
        """Return one branch, built from its part of the recipe."""
        from gemel.encoders import ENCODERS  # which lists this class

        chosen = part_of(f"encoder.{side}", "residual" if options is None else options)
        shared = {} if dimensions is None else {"dimensions": dimensions}
        return build(f"encoder.{side}", ENCODERS, {**shared, **chosen}, channels=channels, size=size)

    def features(self, items: Tensor) -> Tensor:
        """Return the maps of both branches, the right one's averaged to the left one's size: (B, F + G, h, w)."""
        left, right = self.left.features(items), self.right.features(items)
        return torch.cat([left, functional.adaptive_avg_pool2d(right, (left.shape[-2], left.shape[-1]))], 1)

    def forward(self, items: Tensor) -> Tensor:
        return torch.cat([self.left(items), self.right(items)], 1)
