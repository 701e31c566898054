"""Gradient steps on a support set, as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from gemel.adaptation.stateless import Numbers
from gemel.adaptation.update_rules import UpdateRule


def descent(
    start: Numbers, loss_of: Callable[[Numbers, int], Tensor], rule: UpdateRule, steps: int, order: int
) -> Iterator[Numbers]:
    """Give the numbers after each of so many steps: ``phi_k = rule(phi_{k-1}, grad loss(phi_{k-1}), k-1)``.

    Args:
        start: phi_0.
        loss_of: (phi, step) -> () the support's loss.
        rule: numbers and their gradients -> the next numbers.
        steps: how many.
        order: 2 keeps the graph through the gradients, for a gradient of phi_k with respect to phi_0; 1 takes the
            gradients for constants (no second-order graph is built); 0 leaves no graph at all: each phi is a leaf.
    """
    numbers = dict(start)
    for step in range(steps):
        if order == 0:
            numbers = {name: value.detach().requires_grad_() for name, value in numbers.items()}
        loss = loss_of(numbers, step)
        gradients = torch.autograd.grad(loss, list(numbers.values()), create_graph=order == 2)
        numbers = dict(rule(numbers, dict(zip(numbers, gradients, strict=True)), step))
        yield numbers
