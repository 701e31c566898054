"""The moving average of the weights."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)


def frozen_copy(module: Module) -> Module:
    """Return a copy in evaluation mode that wants no gradients."""
    return copy.deepcopy(module).eval().requires_grad_(False)


def floats(module: nn.Module) -> list[Tensor]:
    """Return the floating-point entries of a module's state, batch norm's statistics included, as they stand in it."""
    return [value for value in module.state_dict().values() if value.is_floating_point()]


@torch.no_grad()
def move_towards(average: Sequence[Tensor], current: Sequence[Tensor], step: int, decay: float) -> None:
    """Set ``average <- d average + (1 - d) current`` with ``d = min(decay, step / (step + 10))``, in place.

    The smaller ``d`` of the first steps lets the first weights go; with ``decay`` 0 the average is what is current.
    Both are the ``floats`` of a module, gathered once: that takes longer than moving them.
    """
    weight = 1 - min(decay, step / (step + 10))
    torch._foreach_lerp_(list(average), list(current), weight)
