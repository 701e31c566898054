"""Squared error of numbers told."""

from __future__ import annotations

from torch import Tensor

from gemel.losses.loss import RegressionLoss


class SquaredError(RegressionLoss):
    """``(f(x) - y)^2``, mean over the queries: (Q, 1), (Q,) -> () (Finn et al. 2017, section 5.1)."""

    def forward(self, outputs: Tensor, truth: Tensor) -> Tensor:
        return (outputs.squeeze(-1) - truth).square().mean()
