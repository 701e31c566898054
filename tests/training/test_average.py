from __future__ import annotations

import pytest
import torch
from torch import nn

from gemel.training.average import floats, frozen_copy, move_towards


def network(value: float) -> nn.Module:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    for entry in module.state_dict().values():
        entry.fill_(value)
    return module


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.998])
def test_it_moves_as_the_formula_says(decay: float) -> None:
    module, average = network(0.0), frozen_copy(network(0.0))
    expected = 0.0
    for step in range(30):
        value = float(step % 7)
        for entry in module.state_dict().values():
            entry.fill_(value)
        move_towards(floats(average), floats(module), step, decay)
        d = min(decay, step / (step + 10))
        expected = d * expected + (1 - d) * value
        assert float(average[0].weight[1, 1]) == pytest.approx(expected, rel=1e-5)
        assert float(average[1].running_mean[0]) == pytest.approx(expected, rel=1e-5)


def test_without_decay_it_is_the_module_itself() -> None:
    module, average = network(1.0), frozen_copy(network(5.0))
    move_towards(floats(average), floats(module), 100, decay=0.0)
    kept = {name: value for name, value in average.state_dict().items() if value.is_floating_point()}
    assert all(torch.equal(value, module.state_dict()[name]) for name, value in kept.items())


def test_the_first_step_lets_the_first_weights_go() -> None:
    average = frozen_copy(network(5.0))
    move_towards(floats(average), floats(network(1.0)), 0, decay=0.999)
    assert average[0].bias[0].item() == 1.0


def test_the_copy_is_apart_and_frozen() -> None:
    module = network(1.0).train()
    average = frozen_copy(module)
    move_towards(floats(average), floats(network(2.0)), 3, decay=0.5)
    assert module[0].bias[0].item() == 1.0
    assert not average.training
    assert module.training
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert all(parameter.requires_grad for parameter in module.parameters())
