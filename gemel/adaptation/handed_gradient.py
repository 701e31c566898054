"""A loss whose gradients are known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class _Handed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, count: int, *tensors: Tensor) -> Tensor:
        ctx.gradients = tensors[count:]
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        scaled = [outer[0] * gradient for gradient in ctx.gradients]
        return (None, None, *scaled, *(None for _ in scaled))


def handed_gradient(value: Tensor, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """Return a value () whose ``backward`` gives the parameters these gradients.

    So a meta-batch need not be held as one graph: each task's gradient is taken when the task is done, and only their
    sum is kept.
    """
    handed: Tensor = _Handed.apply(value.detach(), len(parameters), *parameters, *gradients)  # type: ignore[no-untyped-call]
    return handed
