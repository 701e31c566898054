"""What every miner promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

Mined = tuple[Tensor, Tensor, Tensor]
"""Item numbers ``(anchor, positive, negative)`` of the triplets, (T,) each."""


class Miner(ABC):
    """Picks triplets from a batch: anchor and positive of one class and not the same item, the negative of another.

    ``miner(distances, labels, generator)``: (B, B), (B,) -> three index tensors (T,). T is 0 where the batch has no
    triplet (one class only, or no class twice). Deterministic, given the generator (on the CPU), which only
    ``distance_weighted`` draws from.
    """

    @abstractmethod
    def __call__(self, distances: Tensor, labels: Tensor, generator: torch.Generator) -> Mined:
        """Return the triplets: (B, B), (B,) -> (T,), (T,), (T,)."""


def relations(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return who may be whose positive, and who whose negative: (B,) -> (B, B), (B, B), boolean."""
    same = labels[:, None] == labels
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return same & ~itself, ~same


def positive_pairs(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return all (anchor, positive) that have a negative, and their negatives: (B,) -> (P,), (P,), (P, B) boolean."""
    positives, negatives = relations(labels)
    anchor, positive = (positives & negatives.any(1, keepdim=True)).nonzero(as_tuple=True)
    return anchor, positive, negatives[anchor]
