"""Thickness of strokes, blur, noise and erased boxes."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def highest_neighbour(images: Tensor) -> Tensor:
    """Return the highest of each pixel's 3x3 neighbourhood: (B, C, H, W) -> same."""
    for axis in (-2, -1):  # by pairs along each axis: ten times as fast as max-pooling on a CPU
        last = images.shape[axis] - 1
        higher = torch.maximum(images.narrow(axis, 0, last), images.narrow(axis, 1, last))
        before = torch.cat([images.narrow(axis, 0, 1), higher], axis)
        images = torch.maximum(before, torch.cat([higher, images.narrow(axis, last, 1)], axis))
    return images


def thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Return the bright parts grown or shrunk by up to a pixel: (B, C, H, W), (B,) in [-1, 1] -> same.

    At 1 each pixel becomes the highest of its 3x3 neighbourhood (dilation), at -1 the lowest (erosion), and in between
    it is blended with it.
    """
    sign = torch.where(amount < 0, -1.0, 1.0).to(images)[:, None, None, None]
    extreme = highest_neighbour(images * sign) * sign
    return torch.lerp(images, extreme, amount.abs().to(images)[:, None, None, None])


def gaussians(deviation: Tensor, pixels: int) -> Tensor:
    """Return the matrices of a Gaussian blur along one axis, rows summing to 1: (B,) in pixels -> (B, pixels, pixels).

    The rows are normalised inside the picture, so that nothing outside leaks in. A deviation below a tenth of a pixel
    is none.
    """
    places = torch.arange(pixels, device=deviation.device)
    distance = (places[:, None] - places).to(deviation)
    exponents = -0.5 * (distance / deviation.clamp(min=0.1)[:, None, None]).square()
    # Weights below e^-20 become 0: as denormal numbers they would slow the products down thirtyfold.
    return torch.softmax(exponents.masked_fill(exponents < -20, -math.inf), -1)


def blur(images: Tensor, deviation: Tensor) -> Tensor:
    """Return the pictures blurred by a Gaussian: (B, C, H, W), its standard deviation in pixels (B,) -> same."""
    rows, columns = (gaussians(deviation, pixels)[:, None] for pixels in images.shape[-2:])
    return rows @ images @ columns.transpose(-1, -2)


def boxes(area: Tensor, aspect: Tensor, place: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the masks of boxes: True inside, (B, 1, H, W).

    Args:
        area: (B,) share of the picture's area, in [0, 1].
        aspect: (B,) the box's width over its height, relative to the picture's; in [area, 1 / area].
        place: (B, 2) in [0, 1]: where it lies, left to right and top to bottom.
        size: (height, width).
    """
    shares = torch.stack([area * aspect, area / aspect], -1).sqrt()  # (B, 2)
    first = (1 - shares) * place
    inside = []
    for axis, pixels in enumerate(reversed(size)):
        centres = (torch.arange(pixels, device=area.device) + 0.5) / pixels
        start, share = first[:, axis, None], shares[:, axis, None]
        inside.append((centres >= start) & (centres < start + share))  # (B, pixels)
    return (inside[0][:, None, :] & inside[1][:, :, None])[:, None]


def erase(images: Tensor, masks: Tensor) -> Tensor:
    """Return the pictures with what is masked replaced by the item's own mean: (B, C, H, W), (B, 1, H, W) -> same."""
    return torch.where(masks, images.mean((-2, -1), keepdim=True), images)
