"""Batch norm whose gradient's gradient is as cheap as its gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gemel.adaptation.layout import laid_out_as

#: Over which a channel's mean is taken.
AXES = (0, 2, 3)


def mean(maps: Tensor) -> Tensor:
    """Return a channel's mean, in float32 at least: (B, F, H, W) -> (F,)."""
    return maps.mean(AXES, dtype=torch.promote_types(maps.dtype, torch.float32))


class _Forth(torch.autograd.Function):
    """``y = gamma x' + beta``, ``x' = (x - m(x)) r``, ``r = (m(x^2) - m(x)^2 + eps)^(-1/2)``; m a channel's mean."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, kept: tuple[Any, Any, float], eps: float) -> Tensor:
        mean, var, momentum = kept
        y, middle, r = torch.native_batch_norm(x, gamma, beta, mean, var, True, momentum, eps)
        ctx.save_for_backward(x, gamma, middle, r)
        ctx.eps = eps
        return y

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, gamma, middle, r = ctx.saved_tensors
        dx, dgamma, dbeta = _Back.apply(slopes[0], x, gamma, middle, r, ctx.eps)  # type: ignore[no-untyped-call]
        return dx, dgamma, dbeta, None, None


class _Back(torch.autograd.Function):
    """``dx = gamma r P dy``, ``P v = v - m(v) - x' m(x' v)``; ``dgamma = sum x' dy``, ``dbeta = sum dy``."""

    @staticmethod
    def forward(ctx: Any, dy: Tensor, x: Tensor, gamma: Tensor, middle: Tensor, r: Tensor, eps: float) -> Any:
        dy = laid_out_as(x, dy)
        ctx.save_for_backward(dy, x, gamma, middle, r)
        return torch.ops.aten.native_batch_norm_backward(
            dy, x, gamma, None, None, middle, r, True, eps, [True, True, True]
        )

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, u: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of ``<u, dx> + <a, dgamma> + <b, dbeta>`` with respect to dy, x and gamma.

            of dy:      gamma r P u + a x' + b
            of x:       r P c - gamma r^2 <u, P dy> / n x',    c = a dy - gamma r (u m(x' dy) + dy m(x' u))
            of gamma:   r <u, P dy>

        n numbers a channel. All means that occur follow from five: of dy, x' dy, u, x' u and u dy.
        """
        dy, x, gamma, middle, r = ctx.saved_tensors
        u = laid_out_as(x, u)

        def per_channel(values: Tensor) -> Tensor:  # (F,) -> (F, 1, 1), as precise as the maps
            return values.to(x.dtype)[:, None, None]

        whitened = (x - per_channel(middle)) * per_channel(r)
        n = x.numel() // x.shape[1]
        m_dy, m_u = mean(dy), mean(u)
        m_xdy, m_xu, m_udy = mean(whitened * dy), mean(whitened * u), mean(u * dy)
        inner = m_udy - m_u * m_dy - m_xu * m_xdy  # <u, P dy> / n
        length = gamma * r
        along = a - length * m_xu
        of_dy = torch.addcmul(per_channel(b - length * m_u), u, per_channel(length))
        of_dy = torch.addcmul(of_dy, whitened, per_channel(along))
        m_c = along * m_dy - length * m_xdy * m_u
        m_xc = along * m_xdy - length * m_xdy * m_xu
        of_x = torch.addcmul(per_channel(-r * m_c), dy, per_channel(r * along))
        of_x = torch.addcmul(of_x, u, per_channel(-r * length * m_xdy))
        of_x = torch.addcmul(of_x, whitened, per_channel(-r * (m_xc + length * inner)))
        return of_dy, of_x, r * n * inner, None, None, None


class TwiceNorm(nn.BatchNorm2d):
    """Batch norm that, where it takes the batch's statistics, is made to be differentiated twice.

    The same numbers as ``nn.BatchNorm2d``; torch composes the second gradient of some fifty passes over the maps.
    """

    def forward(self, maps: Tensor) -> Tensor:
        if not self.training or self.weight is None or self.momentum is None or not torch.is_grad_enabled():
            return super().forward(maps)
        kept = (self.running_mean, self.running_var) if self.track_running_stats else (None, None)
        y: Tensor = _Forth.apply(maps, self.weight, self.bias, (*kept, self.momentum), self.eps)  # type: ignore[no-untyped-call]
        return y
