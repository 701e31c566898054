"""Likeness of items that are kept as pixels: that of what a network's encoder makes of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.adaptation.network import Network
from gemel.similarity import Similarity
from gemel.similarity.pairwise import identical_rows, paired_rows, pairwise_distances
from gemel.similarity.pixelwise import pictures_of


class Encoded(Similarity):
    """``s(f(a), f(b))`` of items a and b that come as rows of pixels, f the encoder of a network, not adapted.

    Two rows that agree to the bit score ``highest`` by decree, since a network may round a row otherwise elsewhere in a
    batch.

    Args:
        network: its encoder is f.
        inner: s.
        size: the items' (height, width).
    """

    def __init__(self, network: Network, inner: Similarity, size: tuple[int, int]) -> None:
        super().__init__()
        channels = network.encoder.channels
        self.network, self.inner = network, inner
        self.pictures = pictures_of(channels * size[0] * size[1], channels, size)

    @property
    def highest(self) -> float | Tensor:
        return self.inner.highest

    def encoded(self, rows: Tensor) -> Tensor:
        """Return the encoder's output for rows of pixels: (..., D) -> (..., F)."""
        items = self.pictures(rows.flatten(0, -2)).contiguous(memory_format=torch.channels_last)
        return torch.unflatten(self.network.encoder(items).float(), 0, rows.shape[:-1])

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pairs = paired_rows(a, b)
        if not len(pairs.i):
            return a.new_zeros(pairs.shape)
        score = self.inner(self.encoded(pairs.a)[pairs.i], self.encoded(pairs.b)[pairs.j])
        return torch.where(identical_rows(pairs.a[pairs.i], pairs.b[pairs.j]), self.highest, score).view(pairs.shape)

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        score = self.inner.matrix(self.encoded(a), self.encoded(b))
        return torch.where(pairwise_distances(a, b, p=math.inf) == 0, self.highest, score)

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        return self.inner.class_scores(self.encoded(query), self.encoded(support), labels, classes)
