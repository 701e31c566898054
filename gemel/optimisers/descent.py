"""An update rule at work."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gemel.optimisers.problems import Problems
from gemel.optimisers.update_rule import UpdateRule


@torch.no_grad()
def descend(problems: Problems, rule: UpdateRule, steps: int) -> Tensor:
    """Return each function's value before the first step and after every one: (B, steps + 1)."""
    theta, state = problems.start, rule.start(problems.start)
    losses = []
    for step in range(steps):
        loss, gradient = problems.loss_and_gradient(theta, step)
        losses.append(loss)
        update, state = rule(gradient, state)
        theta = theta + update
    return torch.stack([*losses, problems.loss(theta, steps)], dim=1)


def final_loss(problems: Problems, rule: UpdateRule, steps: int) -> float:
    """Return the mean value after the last step; infinity where a descent went astray."""
    mean = float(descend(problems, rule, steps)[:, -1].double().mean())
    return math.inf if math.isnan(mean) else mean
