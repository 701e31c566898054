"""Brightness, contrast, saturation and hue, composed into one linear map of the channels; and gamma."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: The share of red, green and blue in the brightness of a colour (ITU-R BT.601).
LUMA = (0.299, 0.587, 0.114)


def saturation(factor: Tensor) -> Tensor:
    """Return the maps ``factor c + (1 - factor) luma(c)``, 0 for grey, 1 for as it is: (B,) -> (B, 3, 3)."""
    luma = factor.new_tensor(LUMA).expand(3, 3)
    factor = factor[:, None, None]
    return factor * torch.eye(3, device=factor.device) + (1 - factor) * luma


def hue(turn: Tensor) -> Tensor:
    """Return the maps that turn colours about the axis of greys: (B,) in whole turns -> (B, 3, 3).

    Rodrigues' formula about (1, 1, 1)/sqrt 3: the mean of the channels stays, and a third of a turn is red to green.
    """
    angle = (turn * 2 * math.pi)[:, None, None]
    axis = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], device=turn.device) / math.sqrt(3)
    along = torch.full((3, 3), 1 / 3, device=turn.device)
    return along + torch.cos(angle) * (torch.eye(3, device=turn.device) - along) + torch.sin(angle) * axis


def linear(images: Tensor, gain: Tensor, offset: Tensor, channels: Tensor | None = None) -> Tensor:
    """Return ``gain (M c - mean) + mean + offset``, where ``mean`` is the item's own: contrast keeps its brightness.

    Args:
        images: (B, C, H, W).
        gain: (B,) contrast, 1 for as it is.
        offset: (B,) brightness, 0 for as it is.
        channels: (B, C, C), M above; None for the identity.
    """
    mean = images.mean((1, 2, 3))
    if channels is not None:
        images = (channels @ images.flatten(2)).view_as(images)
    return images * gain[:, None, None, None] + (mean * (1 - gain) + offset)[:, None, None, None]


def gamma(images: Tensor, exponent: Tensor) -> Tensor:
    """Return ``images ** exponent``: (B, C, H, W) in 0 ... 1, (B,) > 0 -> the same range, 0 and 1 unmoved."""
    return images ** exponent[:, None, None, None]
