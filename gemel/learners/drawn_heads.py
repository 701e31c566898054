"""Heads fitted as their paper fitted them: drawn weights, batches of four, stochastic gradient descent."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.randomness import torch_generator
from gemel.similarity.cosine import unit_length


class DrawnLinear(nn.Module):
    """``W x + b``, a head for every episode, all with the same first weights: (..., B, D) -> (..., B, N)."""

    def __init__(self, support: Tensor, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = self.drawn(support, (classes, support.shape[-1]), generator)
        self.bias = self.drawn(support, (1, classes), generator)

    @staticmethod
    def drawn(support: Tensor, shape: tuple[int, int], generator: torch.Generator) -> nn.Parameter:
        """Return the numbers that torch's linear layer would draw, once for all episodes: (..., *shape)."""
        bound = 1 / math.sqrt(support.shape[-1])
        numbers = torch.empty(shape).uniform_(-bound, bound, generator=generator).to(support)
        return nn.Parameter(numbers.expand(*support.shape[:-2], *shape).clone())

    def forward(self, rows: Tensor) -> Tensor:
        return rows @ self.weight.mT + self.bias


class DrawnCosine(nn.Module):
    """``scale g_c cos(x, w_c)``, g of each class learned (weight norm, from ``|w|``): (..., B, D) -> (..., B, N)."""

    def __init__(self, support: Tensor, classes: int, generator: torch.Generator, scale: float) -> None:
        super().__init__()
        self.direction = DrawnLinear.drawn(support, (classes, support.shape[-1]), generator)
        self.length = nn.Parameter(self.direction.detach().norm(dim=-1, keepdim=True))  # (..., N, 1)
        self.scale = scale

    def forward(self, rows: Tensor) -> Tensor:
        weights = self.length * self.direction / self.direction.norm(dim=-1, keepdim=True)
        return self.scale * unit_length(rows) @ weights.mT


def drawn_scores(
    query: Tensor, support: Tensor, labels: Tensor, classes: int, scale: float | None, decay: float, rounds: int
) -> Tensor:
    """Return the logits of heads fitted by Chen et al.'s loop, a cosine head where there is a ``scale``.

    (..., Q, D), (..., S, D), (S,) -> (..., Q, classes). SGD at rate 0.01, momentum and dampening 0.9, over so many
    rounds in batches of four; weights and batches are drawn from one seed, the same for every episode.
    """
    with torch.inference_mode(False), torch.enable_grad():
        asked, rows, truth = (part.detach().clone() for part in (query, support, labels))
        generator = torch_generator(0, "head")
        head = DrawnLinear(rows, classes, generator) if scale is None else DrawnCosine(rows, classes, generator, scale)
        optimizer = torch.optim.SGD(head.parameters(), lr=0.01, momentum=0.9, dampening=0.9, weight_decay=decay)
        for _ in range(rounds):
            for batch in torch.split(torch.randperm(len(truth), generator=generator), 4):
                logits = head(rows[..., batch, :]).movedim(-1, 0).flatten(1)  # (N, E * 4)
                wanted = truth[batch].expand(rows[..., batch, 0].shape).flatten()
                optimizer.zero_grad()
                loss = functional.cross_entropy(logits.T, wanted, reduction="sum") / len(batch)
                torch.autograd.backward(loss)
                optimizer.step()
        scores: Tensor = head(asked)
        return scores.detach()
