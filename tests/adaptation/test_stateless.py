"""Numbers apart from structure."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gemel.adaptation import Stateless, handed_gradient
from gemel.encoders import Conv4
from gemel.randomness import seeded, torch_generator


def network() -> nn.Module:
    with seeded(0, "network"):
        return nn.Sequential(Conv4(1, filters=4), nn.Dropout(0.5), nn.Linear(4, 3))


def numbers_of(module: nn.Module) -> dict[str, torch.Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def items() -> torch.Tensor:
    return torch.randn(6, 1, 16, 16, generator=torch_generator(0, "items"))


def test_it_computes_what_the_network_does_and_keeps_nothing() -> None:
    module = network().eval()
    function = Stateless(module, training=False, batch_statistics=False)
    assert {value.device.type for value in function.structure.parameters()} == {"meta"}
    assert torch.equal(function(numbers_of(module), items()), module(items()))
    other = {name: value + 0.1 if value.is_floating_point() else value for name, value in numbers_of(module).items()}
    assert not torch.equal(function(other, items()), module(items()))


def test_batch_statistics_serve_evaluation_and_leave_what_is_kept() -> None:
    module = network()
    norm = module[0].body[0][1]
    kept = norm.running_mean.clone()
    found = Stateless(module, training=False, batch_statistics=True)(numbers_of(module), items())
    assert torch.equal(norm.running_mean, kept)
    module.train()
    module[1].eval()
    torch.testing.assert_close(found, module(items()))
    before = norm.running_mean.clone()
    Stateless(module, training=True, batch_statistics=True)(numbers_of(module), items())
    assert not torch.equal(norm.running_mean, before)


def test_a_number_that_is_missing_is_an_error() -> None:
    module = network()
    numbers = numbers_of(module)
    numbers.pop("2.bias")
    with pytest.raises(RuntimeError, match=r"2\.bias"):
        Stateless(module, training=False, batch_statistics=False)(numbers, items())


def test_half_precision_comes_out_in_full() -> None:
    module = network().eval()
    with torch.autocast("cpu", torch.bfloat16):
        output = Stateless(module, training=False, batch_statistics=False)(numbers_of(module), items())
    assert output.dtype == torch.float32


def test_a_handed_gradient_is_what_backward_gives() -> None:
    parameters = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(3, 1))]
    gradients = [torch.tensor([1.0, -2.0]), torch.full((3, 1), 0.5)]
    value = handed_gradient(torch.tensor(7.0), parameters, gradients)
    assert value.item() == 7
    (3 * value).backward()
    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert torch.equal(parameter.grad, 3 * gradient)
