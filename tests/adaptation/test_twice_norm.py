"""The second gradient of batch norm against finite differences and against torch's."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gemel.adaptation.twice_norm import TwiceNorm
from gemel.randomness import seeded, torch_generator


def made(dtype: torch.dtype = torch.float64) -> TwiceNorm:
    with seeded(0, "norm"):
        norm = TwiceNorm(3).to(dtype)
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    return norm


def maps(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(4, 3, 2, 3, generator=torch_generator(0, "maps"), dtype=dtype).requires_grad_()


def test_both_gradients_are_those_of_finite_differences() -> None:
    norm = made()

    def function(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional_call(norm, {"weight": weight, "bias": bias}, (x,))

    assert torch.autograd.gradcheck(function, (maps(), norm.weight, norm.bias))
    assert torch.autograd.gradgradcheck(function, (maps(), norm.weight, norm.bias))


def twice(norm: nn.Module, x: Tensor) -> list[Tensor]:
    """Return the gradient of a figure of the gradient."""
    inputs = [x, *norm.parameters()]
    first = torch.autograd.grad(norm(x).pow(3).sum(), inputs, create_graph=True)
    return list(torch.autograd.grad(sum(gradient.square().sum() for gradient in first), inputs))


def test_it_is_torch_s_batch_norm_in_every_number() -> None:
    ours, theirs = made(torch.float32), nn.BatchNorm2d(3)
    theirs.load_state_dict(ours.state_dict())
    x, y = maps(torch.float32), maps(torch.float32)
    assert torch.equal(ours(x), theirs(y))
    for a, b in zip(twice(ours, x), twice(theirs, y), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value) or name == "num_batches_tracked"
    assert torch.equal(ours.eval()(x), theirs.eval()(y))


def test_half_precision_is_near() -> None:
    exact, rough = made(torch.float32), made(torch.float32)
    x = maps(torch.float32)
    for a, b in zip(twice(exact, x), twice(rough, x.detach().bfloat16().requires_grad_()), strict=True):
        assert (a - b).norm() < 0.05 * a.norm()


def test_a_copy_is_a_norm_as_well() -> None:
    assert torch.equal(copy.deepcopy(made())(maps()), made()(maps()))
