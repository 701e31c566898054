from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, optim
from torch.testing import assert_close

from gemel.optimisers import BASELINES
from gemel.randomness import torch_generator

TORCH: dict[str, Callable[[Iterable[Tensor], float], optim.Optimizer]] = {
    "sgd": lambda theta, rate: optim.SGD(theta, rate),
    "nesterov": lambda theta, rate: optim.SGD(theta, rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda theta, rate: optim.RMSprop(theta, rate),
    "adam": lambda theta, rate: optim.Adam(theta, rate),
}


@pytest.mark.parametrize("name", BASELINES)
def test_a_rule_is_torchs_optimiser(name: str) -> None:
    rule = BASELINES[name](0.03)
    theta = torch.zeros(2, 3)
    expected = torch.zeros(2, 3, requires_grad=True)
    optimizer, state = TORCH[name]([expected], 0.03), rule.start(theta)
    for step in range(6):
        gradient = torch.randn(2, 3, generator=torch_generator(0, step)) * 10.0 ** (step - 3)
        update, state = rule(gradient, state)
        theta = theta + update
        expected.grad = gradient
        optimizer.step()
        assert_close(theta, expected.detach(), rtol=1e-4, atol=1e-6)
