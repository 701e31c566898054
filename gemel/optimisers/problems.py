"""What an optimiser learns on, and is tried on: many functions at once."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Problems(ABC):
    """B functions of D parameters each, which do not know of one another.

    Attributes:
        start: (B, D) where every descent begins.
    """

    start: Tensor

    def __len__(self) -> int:
        return len(self.start)

    @abstractmethod
    def loss(self, theta: Tensor, step: int) -> Tensor:
        """Return each function's value, as it is seen at a step: (B, D) -> (B,)."""

    def loss_and_gradient(self, theta: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Return the values and ``∂f_b/∂theta_b``, both without a graph: (B, D) -> (B,), (B, D)."""
        with torch.enable_grad():
            point = theta.detach().requires_grad_()
            losses = self.loss(point, step)
            (gradient,) = torch.autograd.grad(losses.sum(), point)
        return losses.detach(), gradient


class Family(ABC):
    """A distribution of functions."""

    @abstractmethod
    def draw(self, count: int, seed: int, *path: int | str) -> Problems:
        """Return some of them, which depend on the seed and the path alone."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Text that changes when the distribution does."""
