"""For similarities that compare pictures: embeddings of encoder ``pixels``, seen as pictures again."""

from __future__ import annotations

from torch import nn


def pictures_of(dimensions: int, channels: int, size: tuple[int, int]) -> nn.Unflatten:
    """Return what turns embeddings into pictures: (B, D) -> (B, channels, height, width).

    Raises:
        ValueError: D is not channels * height * width.
    """
    height, width = size
    if dimensions != channels * height * width:
        raise ValueError(
            f"the embeddings have {dimensions} dimensions, pictures of {channels} x {height} x {width} "
            f"{channels * height * width}; set encoder to pixels"
        )
    return nn.Unflatten(1, (channels, height, width))
