"""Relation networks' learned comparison of two items' feature maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from gemel.similarity.class_scorer import prototypes
from gemel.similarity.pairwise import identical_rows, paired_rows, pairwise_distances
from gemel.similarity.similarity import Similarity
from gemel.similarity.sum_norm import SumNorm

#: Numbers in the maps of the pairs that are compared at once: 16 MiB of float32.
CHUNK = 2**22


def in_its_precision(layers: nn.Module, maps: Tensor) -> Tensor:
    """Return ``layers(maps)`` with parameters in the maps' precision; statistics move where that is theirs."""
    state = layers.state_dict(keep_vars=True)
    state = {name: value.to(maps.dtype) if value.is_floating_point() else value for name, value in state.items()}
    result: Tensor = functional_call(layers, state, (maps,))
    return result


class Relation(Similarity):
    """``(g([a, b]) + g([b, a])) / 2`` in [0, 1], g the relation module of Sung et al. 2018 on two items' feature maps.

    g joins the maps along their channels: ``conv3 -> batch norm -> ReLU -> max-pool 2`` twice, a linear layer of 8
    units with a ReLU, one unit, a sigmoid (figure 2, left, of the paper). A pair has no first item: both orders are
    averaged, and embeddings that agree to the bit score 1 by decree. ``class_scores`` are the paper's, in its one
    order: ``g([mean maps of the class's support, query])``, in evaluation with the same decree. The paper sums the maps
    of several support items; with their mean one network serves any number of shots.

    The first convolution is linear, ``W [a, b] = W1 a + W2 b``, and so done once an item, not once a pair; in
    ``class_scores`` its batch norm too (``SumNorm``). In evaluation ``forward`` and ``matrix`` compute in float64 and
    round once, because float32 convolutions differ in their last digits with the size of the batch. ``class_scores``,
    which only rank, keep to float32; in training, autocast may lower their convolutions.

    Args:
        dimensions: D of the embeddings, which are maps of ``side`` x ``side``, flattened.
        side: of the maps; the encoder's ``pool``.
        filters: maps of both convolutions.
        hidden: units before the last.

    Raises:
        ValueError: ``side`` is below 1, or D is not a multiple of its square.
    """

    highest = 1.0
    autocast = True

    def __init__(self, dimensions: int, side: int = 1, filters: int = 64, hidden: int = 8) -> None:
        super().__init__()
        if side < 1 or dimensions % side**2:
            raise ValueError(f"{dimensions} numbers are no maps of {side} x {side}; set side to the encoder's pool")
        self.shape = (dimensions // side**2, side, side)
        halved = max(side // 2, 1)
        self.first = nn.Conv2d(2 * self.shape[0], filters, 3, 1, 1, bias=False)
        self.norm = SumNorm(filters)
        self.second = nn.Sequential(  # the ReLU after the pooling gives the same, and meets fewer numbers
            *(nn.MaxPool2d(min(2, side)), nn.ReLU()),
            *(nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters)),
            *(nn.MaxPool2d(min(2, halved)), nn.ReLU(), nn.Flatten()),
        )
        self.head = nn.Sequential(
            *(nn.Linear(filters * max(halved // 2, 1) ** 2, hidden), nn.ReLU(), nn.Linear(hidden, 1)),
            *(nn.Sigmoid(), nn.Flatten(0)),
        )

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        if self.training:  # the batch norms' statistics are kept in float32, and of all pairs at once
            return self.related(a, b)
        return self.related(a.double(), b.double()).to(a.dtype)

    def related(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the score of each pair in the embeddings' precision: (..., D), (..., D) -> (...)."""
        pairs = paired_rows(a, b)
        with torch.autocast(a.device.type, enabled=False):
            left, right = self.halves(pairs.a), self.halves(pairs.b)
            size = len(pairs.i) if self.training else CHUNK // left.shape[2:].numel()
            parts = []
            for i, j in zip(torch.split(pairs.i, max(1, size)), torch.split(pairs.j, max(1, size)), strict=True):
                same = identical_rows(pairs.a[i], pairs.b[j])
                parts.append(self.mean_of_orders(left[:, i], right[:, j]).masked_fill(same, self.highest))
        return torch.cat(parts).view(pairs.shape)

    def halves(self, rows: Tensor) -> Tensor:
        """Return the first convolution of each item, as first and as second of a pair: (A, D) -> (2, A, F, s, s)."""
        return torch.stack([self.convolved(rows, place) for place in (0, 1)])

    def convolved(self, rows: Tensor, place: int) -> Tensor:
        """Return the first convolution of each item in its place, 0 or 1, of a pair: (A, D) -> (A, F, s, s)."""
        weight = self.first.weight.to(rows.dtype).chunk(2, 1)[place]
        return functional.conv2d(torch.unflatten(rows, -1, self.shape), weight, padding=1)

    def mean_of_orders(self, left: Tensor, right: Tensor) -> Tensor:
        """Return each pair's score from the halves of its two items: (2, P, F, s, s), (2, P, F, s, s) -> (P,)."""
        maps = torch.cat([left[0] + right[1], right[0] + left[1]])  # (2 P, F, s, s)
        for layers in (self.norm, self.second, self.head):
            maps = in_its_precision(layers, maps)
        return maps.view(2, -1).mean(0)

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the score of each class's mean maps with each query, in this order; see ``ClassScorer``."""
        means = prototypes(support, labels, classes)
        left, right = self.norm.summands(self.maps(means, 0), self.maps(query, 1))
        side = left.shape[-2] // 2 * 2 or 1  # the pooling passes over an odd side's last row and column
        left, right = left[..., :side, :side, :].contiguous(), right[..., :side, :side, :].contiguous()
        size = query.shape[-2] if self.training else max(1, CHUNK // left.numel())
        parts = [self.scores_of(left.unsqueeze(-5) + some.unsqueeze(-4)) for some in torch.split(right, size, -4)]
        scores = torch.cat(parts, -2)
        if self.training:
            return scores
        differing = pairwise_distances(query, means, 0)  # how many numbers do
        return scores.masked_fill(differing == 0, self.highest)

    def maps(self, rows: Tensor, place: int) -> Tensor:
        """Return ``convolved`` in float32, the channels last: (..., A, D) -> (..., A, s, s, F)."""
        maps = self.convolved(rows.flatten(0, -2), place).float().permute(0, 2, 3, 1)
        return torch.unflatten(maps, 0, rows.shape[:-1])

    def scores_of(self, maps: Tensor) -> Tensor:
        """Return the score of each pair from its normalised maps: (..., s, s, F) -> (...)."""
        features = self.second(maps.flatten(0, -4).permute(0, 3, 1, 2))
        with torch.autocast(maps.device.type, enabled=False):
            scores: Tensor = self.head(features.float())
        return scores.view(maps.shape[:-3])
