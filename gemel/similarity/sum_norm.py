"""Batch norm of all sums of two sets of maps, without the sums."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def sum_moments(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance of ``a + b`` for each channel, over all a of ``left``, b of ``right`` and all places.

    ``var(a + b) = var a + var b + 2 cov(mean a there, mean b there)``, the covariance over the places, since every a
    meets every b: (..., N, h, w, F), (..., Q, h, w, F) -> (F,), (F,).
    """
    a, b = left.flatten(0, -2), right.flatten(0, -2)
    together = (left.mean(-4) - a.mean(0)) * (right.mean(-4) - b.mean(0))  # (..., h, w, F)
    variance = a.var(0, correction=0) + b.var(0, correction=0) + 2 * together.flatten(0, -2).mean(0)
    return a.mean(0) + b.mean(0), variance.clamp(min=0)  # rounding may leave it just below


class SumNorm(nn.BatchNorm2d):
    """``BatchNorm2d``; and by ``summands`` the same of all sums ``a + b``, at the price of an item each, not a pair.

    ``norm(a + b) = (w a + v) + w b`` with one w and v a channel, which hang on ``sum_moments`` in training and on the
    running statistics otherwise.
    """

    running_mean: Tensor
    running_var: Tensor
    momentum: float

    def summands(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``w a + v`` and ``w b``; in training, move the running statistics as ``forward`` of all sums would.

        (..., N, h, w, F), (..., Q, h, w, F) -> (..., N, h, w, F), (..., Q, h, w, F).
        """
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = sum_moments(left, right)
            self.move(mean.detach(), variance.detach(), left[..., 0].numel() * right.shape[-4])
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (left - mean) * scale + self.bias, right * scale

    @torch.no_grad()
    def move(self, mean: Tensor, variance: Tensor, numbers: int) -> None:
        """Move the running statistics towards those of ``numbers`` numbers, the variance unbiased."""
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (numbers / max(numbers - 1, 1)), self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
