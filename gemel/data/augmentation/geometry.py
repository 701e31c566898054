"""Affine, perspective, elastic, crop and flip, composed into one sampling grid and applied by one interpolation.

Points are (x, y) with -1 and 1 at the edges of the picture. Every matrix maps a point of the *result* to the point of
the *source* that is shown there, so that what is done last to the picture stands rightmost in a product.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def matrices(rows: Sequence[Sequence[Tensor | float]], like: Tensor) -> Tensor:
    """Return a matrix an item from its entries, each (B,) or a number: -> (B, rows, columns), of ``like``'s type."""
    return torch.stack([torch.stack([like.new_zeros(len(like)) + entry for entry in row], -1) for row in rows], -2)


def affine(
    angle: Tensor, slant: Tensor, scale: Tensor, stretch: Tensor, shift: Tensor, size: tuple[int, int]
) -> Tensor:
    """Return the matrices that scale, stretch, slant, turn and then shift a picture: -> (B, 3, 3).

    The picture's motion about its centre, in pixels and with y upwards, is ``R(angle) [[1, tan slant], [0, 1]] scale
    diag(stretch, 1/stretch)``: every linear map that does not mirror is of this form. Its inverse is returned, as
    sampling needs.

    Args:
        angle: (B,) radians, counterclockwise.
        slant: (B,) radians, the top to the right.
        scale: (B,) factors > 0, 2 shows everything twice as large.
        stretch: (B,) factors > 0 on the width, and their inverse on the height.
        shift: (B, 2) in shares of the width and of the height, to the right and down.
        size: (height, width), so that a turn stays a turn where they differ.
    """
    ratio = size[1] / size[0]  # points to pixels multiplies x by it, relative to y
    sine, cosine = torch.sin(angle), torch.cos(angle)
    unturn = matrices([[cosine, -sine / ratio, 0.0], [sine * ratio, cosine, 0.0], [0.0, 0.0, 1.0]], angle)
    unslant = matrices([[1.0, torch.tan(slant) / ratio, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], angle)
    unscale = matrices([[1 / (scale * stretch), 0.0, 0.0], [0.0, stretch / scale, 0.0], [0.0, 0.0, 1.0]], angle)
    unshift = matrices([[1.0, 0.0, -2 * shift[:, 0]], [0.0, 1.0, -2 * shift[:, 1]], [0.0, 0.0, 1.0]], angle)
    return unscale @ unslant @ unturn @ unshift


def perspective(tilt: Tensor) -> Tensor:
    """Return the matrices that divide a point by ``1 + tilt . (x, y)``: (B, 2), |tilt|_1 < 1 -> (B, 3, 3)."""
    return matrices([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [tilt[:, 0], tilt[:, 1], 1.0]], tilt)


def crop(area: Tensor, aspect: Tensor, place: Tensor) -> Tensor:
    """Return the matrices that show only a box of the picture: -> (B, 3, 3).

    Args:
        area: (B,) share of the area, in (0, 1].
        aspect: (B,) the box's width over its height, relative to the picture's; in [area, 1 / area].
        place: (B, 2) in [0, 1]: where it lies, left to right and top to bottom.
    """
    shares = torch.stack([area * aspect, area / aspect], -1).sqrt()  # (B, 2)
    centre = (1 - shares) * (2 * place - 1)
    x, y = 0, 1
    return matrices(
        [[shares[:, x], 0.0, centre[:, x]], [0.0, shares[:, y], centre[:, y]], [0.0, 0.0, 1.0]],
        area,
    )


def flip(horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Return the matrices that mirror the items marked True, (B,) each: -> (B, 3, 3)."""
    signs = 1 - 2 * torch.stack([horizontal, vertical], -1).float()
    return matrices([[signs[:, 0], 0.0, 0.0], [0.0, signs[:, 1], 0.0], [0.0, 0.0, 1.0]], signs)


def cubic_weights(points: int, size: int, like: Tensor) -> Tensor:
    """Return the weights of evenly spread ``points`` in a cubic interpolation to ``size`` pixels: (size, points)."""
    impulses = torch.eye(points, device=like.device, dtype=like.dtype)[None, :, :, None]  # (1, points, points, 1)
    curves = functional.interpolate(impulses, size=(size, 1), mode="bicubic", align_corners=True)
    return curves[0, :, :, 0].T


def elastic(moves: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a smooth field of displacements from those of a coarse grid: (B, 2, G, G) -> (B, 2, H, W)."""
    rows, columns = (cubic_weights(moves.shape[-1], pixels, moves) for pixels in size)
    return rows @ (moves @ columns.T)


def pixel_centres(size: tuple[int, int], like: Tensor) -> Tensor:
    """Return (x, y, 1) of every pixel's centre, row after row: -> (3, H * W)."""
    y, x = ((torch.arange(pixels, device=like.device, dtype=like.dtype) * 2 + 1) / pixels - 1 for pixels in size)
    return torch.stack([x.repeat(len(y)), y.repeat_interleave(len(x)), torch.ones_like(x).repeat(len(y))])


def sampling_grid(matrix: Tensor, displacement: Tensor | None, size: tuple[int, int]) -> Tensor:
    """Return where each pixel of the result is taken from: (B, 3, 3), (B, 2, H, W) or None -> (B, H, W, 2)."""
    points = matrix @ pixel_centres(size, matrix)  # (B, 3, H * W)
    places = (points[:, :2] / points[:, 2:]).view(-1, 2, *size)  # (B, 2, H, W)
    return (places if displacement is None else places.add_(displacement)).permute(0, 2, 3, 1)


def warp(images: Tensor, matrix: Tensor, displacement: Tensor | None = None, padding: str = "border") -> Tensor:
    """Return the pictures resampled (bilinear) at ``matrix`` of each point, plus a displacement: (B, C, H, W) -> same.

    Args:
        images: (B, C, H, W) floats.
        matrix: (B, 3, 3) from a point of the result to one of the source; the third row perspective's.
        displacement: (B, 2, H, W), x then y, in units where the picture is 2 wide and 2 high.
        padding: what lies outside: ``"border"`` the nearest pixel, ``"zeros"`` black, ``"reflection"`` a mirror image.
    """
    grid = sampling_grid(matrix, displacement, (images.shape[-2], images.shape[-1]))
    return functional.grid_sample(images, grid.to(images.dtype), "bilinear", padding, align_corners=False)
