"""Histograms of gradient orientations: a fixed description of shape, for data too few to learn one."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from gemel.encoders.encoder import Encoder

#: Gradients of normalised pixels below this are noise: a cell without edges stays near 0.
FAINT = 0.05


def blurred(maps: Tensor, sigma: float) -> Tensor:
    """Return the maps under a Gaussian of that deviation in pixels, edges repeated: (B, F, H, W) -> same."""
    reach = math.ceil(3 * sigma)
    offsets = torch.arange(-reach, reach + 1, dtype=maps.dtype, device=maps.device)
    weights = torch.exp(-((offsets / sigma) ** 2) / 2)
    weights = (weights / weights.sum()).expand(maps.shape[1], 1, 1, -1)
    across = functional.pad(maps, (reach, reach, 0, 0), mode="replicate")
    across = functional.conv2d(across, weights, groups=maps.shape[1])
    down = functional.pad(across, (0, 0, reach, reach), mode="replicate")
    return functional.conv2d(down, weights.mT, groups=maps.shape[1])


def orientation_energy(pictures: Tensor, bins: int) -> Tensor:
    """Return how strong the gradient is in each direction: (B, 1, H, W) -> (B, bins, H, W).

    ``|g| max(cos(angle(g) - 2 pi b / bins), 0)^4`` by central differences g, without the angle.
    """
    padded = functional.pad(pictures, (1, 1, 1, 1), mode="replicate")
    right = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    angles = torch.arange(bins, dtype=pictures.dtype, device=pictures.device) * (2 * math.pi / bins)
    along = right * torch.cos(angles)[:, None, None] + down * torch.sin(angles)[:, None, None]
    squares = right.square() + down.square()
    return functional.relu(along) ** 4 / (squares + 1e-12) ** 1.5


class Orientations(Encoder):
    """``h / (|h| + e)`` of each cell, h its gradient energy in ``bins`` directions: (B, C, H, W) -> (B, bins * cells).

    After Dalal & Triggs 2005, "Histograms of oriented gradients"; cells overlap softly, under a Gaussian. It learns
    nothing, and so serves where a few hundred pictures are all there is: with ``learner: whitened`` it tells apart
    faces better than networks that were trained on them (docs/walkthroughs/faces.md). It wants pictures of things in
    the same place at the same size. Channels are averaged.

    Args:
        channels: input channels.
        size: the items' (height, width); a recipe's ``preprocessing.size`` is taken.
        cell: pixels along the side of a cell; another size of item is cut into as many cells.
        bins: directions, over the whole turn.
        blur: deviation in pixels of the Gaussian before the gradient.

    Raises:
        ValueError: an option is out of range.
    """

    input_size = (96, 96)

    def __init__(
        self,
        channels: int = 1,
        size: tuple[int, int] = input_size,
        cell: int = 12,
        bins: int = 8,
        blur: float = 2.0,
    ) -> None:
        if cell < 1 or bins < 2 or blur <= 0:
            raise ValueError(f"cell is {cell}, bins {bins}, blur {blur}; they must be >= 1, >= 2 and > 0")
        self.grid = (max(1, round(size[0] / cell)), max(1, round(size[1] / cell)))
        super().__init__(channels, bins * self.grid[0] * self.grid[1])
        self.cell, self.bins, self.blur = cell, bins, blur

    def features(self, items: Tensor) -> Tensor:
        with torch.autocast(items.device.type, enabled=False):  # small differences of pixels are what counts
            grey = items.float().mean(1, keepdim=True)
            energy = orientation_energy(blurred(grey, self.blur), self.bins)
            cells = functional.adaptive_avg_pool2d(blurred(energy, self.cell / 2), self.grid)
            return cells / (cells.square().sum(1, keepdim=True).add(1e-12).sqrt() + FAINT)

    def forward(self, items: Tensor) -> Tensor:
        return self.features(items).flatten(1)
