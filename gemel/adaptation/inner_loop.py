"""Gradient steps on a support set, as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from gemel.adaptation.inner_rules import InnerRule, Moment
from gemel.adaptation.stateless import Numbers


def descent(
    start: Numbers, loss_of: Callable[[Numbers, int], Tensor], rule: InnerRule, steps: int, order: int
) -> Iterator[Numbers]:
    """Give the numbers after 0, 1, ... so many steps: ``phi_k = rule(phi_{k-1}, grad loss(phi_{k-1}))``.

    Args:
        start: phi_0.
        loss_of: (phi, step) -> () the support's loss.
        rule: numbers and their gradients -> the next numbers.
        steps: how many.
        order: 2 keeps the graph through the gradients, for a gradient of phi_k with respect to phi_0; 1 takes the
            gradients for constants (no second-order graph is built); 0 leaves no graph at all: each phi is a leaf.
    """
    numbers, memory = dict(start), dict[str, Tensor]()
    yield numbers
    for step in range(steps):
        if order == 0:
            numbers = {name: value.detach().requires_grad_() for name, value in numbers.items()}
        loss = loss_of(numbers, step)
        gradients = torch.autograd.grad(loss, list(numbers.values()), create_graph=order == 2)
        moment = Moment(step, loss if order == 2 else loss.detach(), memory)
        with torch.set_grad_enabled(order > 0):
            numbers = dict(rule(numbers, dict(zip(numbers, gradients, strict=True)), moment))
        yield numbers
