"""Max-pooling whose gradient's gradient keeps the maps as they lie."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gemel.adaptation.layout import laid_out_as
from gemel.encoders.pooling import Halve


class _Forth(torch.autograd.Function):
    """``y = x[highest]``, where ``highest`` is the place of every window's highest number."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, window: tuple[int, int]) -> Tensor:
        y, highest = torch.ops.aten.max_pool2d_with_indices(x, window)
        ctx.save_for_backward(x, highest)
        ctx.window = window
        return y

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        return _Back.apply(slopes[0], *ctx.saved_tensors, ctx.window), None  # type: ignore[no-untyped-call]


class _Back(torch.autograd.Function):
    """``dx[highest] = dy``, and 0 elsewhere."""

    @staticmethod
    def forward(ctx: Any, dy: Tensor, x: Tensor, highest: Tensor, window: tuple[int, int]) -> Any:
        ctx.save_for_backward(highest)
        back = torch.ops.aten.max_pool2d_with_indices_backward
        return back(laid_out_as(x, dy), x, window, [], [0, 0], [1, 1], False, highest)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of ``<u, dx>`` with respect to dy: ``u[highest]``."""
        (highest,) = ctx.saved_tensors
        rows = laid_out_as(highest, slopes[0]).permute(0, 2, 3, 1).flatten(1, 2)  # (B, H * W, F)
        places = highest.permute(0, 2, 3, 1)  # (B, h, w, F)
        taken = rows.gather(1, places.flatten(1, 2)).view(places.shape)
        return taken.permute(0, 3, 1, 2), None, None, None


class TwiceHalve(Halve):
    """``Halve``, made to be differentiated twice: torch's own second gradient leaves channels-last for good."""

    def forward(self, maps: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return super().forward(maps)
        y: Tensor = _Forth.apply(maps, self.window(maps))  # type: ignore[no-untyped-call]
        return y
