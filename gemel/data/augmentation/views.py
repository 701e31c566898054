"""Fixed small variants of a picture, to average over at test time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.data.augmentation.geometry import affine, warp

#: Rotation in degrees, scale, and shift in shares of width and height; the first leaves the picture as it is.
VIEWS: tuple[tuple[float, float, float, float], ...] = (
    (0, 1.0, 0, 0),
    (6, 1.0, 0, 0),
    (-6, 1.0, 0, 0),
    (0, 1.08, 0, 0),
    (0, 1 / 1.08, 0, 0),
    (0, 1.0, 0.04, 0),
    (0, 1.0, -0.04, 0),
    (0, 1.0, 0, 0.04),
    (0, 1.0, 0, -0.04),
    (6, 1.08, 0, 0),
    (-6, 1.08, 0, 0),
    (6, 1 / 1.08, 0, 0),
    (-6, 1 / 1.08, 0, 0),
    (12, 1.0, 0, 0),
    (-12, 1.0, 0, 0),
)


def views(images: Tensor, count: int, padding: str = "border") -> Tensor:
    """Return the first ``count`` of ``VIEWS`` of every picture, itself first: (B, C, H, W) -> (count, B, C, H, W).

    Raises:
        ValueError: ``count`` is below 1 or above the number of views.
    """
    if not 1 <= count <= len(VIEWS):
        raise ValueError(f"{count} views were asked for; there are 1 to {len(VIEWS)}")
    return torch.stack([images, *(view(images, number, padding) for number in range(1, count))])


def view(images: Tensor, number: int, padding: str = "border") -> Tensor:
    """Return the pictures seen as ``VIEWS[number]`` says: (B, C, H, W) -> same."""
    degrees, scale, right, down = (images.new_tensor([value]) for value in VIEWS[number])
    shift = torch.stack([right, down], -1)
    size = (images.shape[-2], images.shape[-1])
    matrix = affine(degrees * (math.pi / 180), torch.zeros_like(scale), scale, torch.ones_like(scale), shift, size)
    return warp(images, matrix.expand(len(images), 3, 3), padding=padding)
