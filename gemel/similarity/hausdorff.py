"""Modified Hausdorff distance between the ink of two drawings."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.similarity.class_scorer import nearest_items
from gemel.similarity.pairwise import paired_rows
from gemel.similarity.pixelwise import pictures_of
from gemel.similarity.similarity import Similarity


def modified_hausdorff(a: Tensor, b: Tensor) -> Tensor:
    """Return ``max(mean over a of min over b of |a - b|, mean over b of min over a of |a - b|)``: (P, 2), (R, 2) -> ().

    Dubuisson & Jain 1994, their distance 22 of 24.
    """
    rows, columns = a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1]
    squared = rows.square_().add_(columns.square_())  # (P, R)
    return torch.maximum(squared.amin(1).sqrt().mean(), squared.amin(0).sqrt().mean())


def ink_points(picture: Tensor) -> Tensor:
    """Return where a picture's ink is, as (row, column) about their mean: (H, W) -> (P, 2).

    Ink is what is no darker than half-way between the darkest and the brightest pixel. An even picture is all ink.
    """
    ink = picture >= (picture.amin() + picture.amax()) / 2
    points = torch.stack(ink.nonzero(as_tuple=True)).to(picture)  # (2, P): a coordinate lies together, for speed
    return (points - points.mean(1, keepdim=True)).T


class Hausdorff(Similarity):
    """Minus the modified Hausdorff distance of the ink of two drawings, in pixels: (-inf, 0].

    Both are centred on their ink's mean, as in the baseline that came with Omniglot (Lake et al. 2015). Bright is ink:
    ``preprocessing.background: dark``. Colours are averaged. Several drawings of a class: the nearest one counts.
    Nothing is learnt, and no gradient flows.

    Args:
        dimensions: D of the embeddings, which are those of encoder ``pixels``.
        channels, size: the pictures'; a recipe's ``preprocessing`` is taken.

    Raises:
        ValueError: the embeddings are no pictures of that size.
    """

    def __init__(self, dimensions: int, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.pictures = pictures_of(dimensions, channels, size)

    @torch.no_grad()
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pairs = paired_rows(a, b)
        if not len(pairs.i):
            return a.new_zeros(pairs.shape)
        left, right = ([ink_points(drawing) for drawing in self.drawings(rows)] for rows in (pairs.a, pairs.b))
        numbers = zip(pairs.i.tolist(), pairs.j.tolist(), strict=True)
        return -torch.stack([modified_hausdorff(left[i], right[j]) for i, j in numbers]).view(pairs.shape)

    def drawings(self, rows: Tensor) -> Tensor:
        """Return the grey pictures that embeddings are: (M, D) -> (M, H, W)."""
        return self.pictures(rows).mean(1)

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the score of each query with the nearest item of each class; see ``ClassScorer``."""
        return nearest_items(self.matrix(query, support), labels, classes)
