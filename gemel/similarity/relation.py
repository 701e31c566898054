"""Relation networks' learned comparison of two items' feature maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from gemel.similarity.class_scorer import prototypes
from gemel.similarity.pairwise import identical_rows, paired_rows
from gemel.similarity.similarity import Similarity

#: Numbers in the maps of the pairs that are compared at once: 16 MiB of float32.
CHUNK = 2**22


class Relation(Similarity):
    """``(g([a, b]) + g([b, a])) / 2`` in [0, 1], g the relation module of Sung et al. 2018 on two items' feature maps.

    g joins the maps along their channels: ``conv3 -> batch norm -> ReLU -> max-pool 2`` twice, a linear layer of 8
    units with a ReLU, one unit, a sigmoid (figure 2, left, of the paper). The paper asks for one order, the support's
    item first; here both are averaged, and embeddings that agree to the bit score 1 by decree. A class of several
    support items is their mean maps, where the paper sums them: one network then serves any number of shots.

    The first convolution is linear, ``W [a, b] = W1 a + W2 b``, and so done once an item, not once a pair. In
    evaluation ``forward`` and ``matrix`` compute in float64 and round once, because float32 convolutions differ in
    their last digits with the size of the batch; ``class_scores``, which only ranks, stay in float32.

    Args:
        dimensions: D of the embeddings, which are maps of ``side`` x ``side``, flattened.
        side: of the maps; the encoder's ``pool``.
        filters: maps of both convolutions.
        hidden: units before the last.

    Raises:
        ValueError: ``side`` is below 1, or D is not a multiple of its square.
    """

    highest = 1.0

    def __init__(self, dimensions: int, side: int = 1, filters: int = 64, hidden: int = 8) -> None:
        super().__init__()
        if side < 1 or dimensions % side**2:
            raise ValueError(f"{dimensions} numbers are no maps of {side} x {side}; set side to the encoder's pool")
        self.shape = (dimensions // side**2, side, side)
        halved = max(side // 2, 1)
        self.first = nn.Conv2d(2 * self.shape[0], filters, 3, 1, 1, bias=False)
        self.rest = nn.Sequential(
            *(nn.BatchNorm2d(filters), nn.ReLU(), nn.MaxPool2d(min(2, side))),
            *(nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()),
            *(nn.MaxPool2d(min(2, halved)), nn.Flatten()),
            *(nn.Linear(filters * max(halved // 2, 1) ** 2, hidden), nn.ReLU(), nn.Linear(hidden, 1)),
            *(nn.Sigmoid(), nn.Flatten(0)),
        )

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        if self.training:  # the batch norms' statistics are kept in float32, and of all pairs at once
            return self.related(a, b)
        return self.related(a.double(), b.double()).to(a.dtype)

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the score of each query with each class's mean maps; see ``ClassScorer``."""
        return self.related(query.unsqueeze(-2), prototypes(support, labels, classes).unsqueeze(-3))

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
        weights = self.first.weight.to(rows.dtype).chunk(2, 1)
        maps = torch.unflatten(rows, -1, self.shape)
        return torch.stack([functional.conv2d(maps, half, padding=1) for half in weights])

    def mean_of_orders(self, left: Tensor, right: Tensor) -> Tensor:
        """Return each pair's score from the halves of its two items: (2, P, F, s, s), (2, P, F, s, s) -> (P,)."""
        orders = torch.cat([left[0] + right[1], right[0] + left[1]])  # (2 P, F, s, s)
        state = self.rest.state_dict(keep_vars=True)
        state = {name: value.to(left.dtype) if value.is_floating_point() else value for name, value in state.items()}
        scores: Tensor = functional_call(self.rest, state, (orders,))
        return scores.view(2, -1).mean(0)
