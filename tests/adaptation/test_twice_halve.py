"""The second gradient of max-pooling against finite differences and against torch's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gemel.adaptation.twice_halve import TwiceHalve
from gemel.encoders.pooling import Halve
from gemel.randomness import torch_generator

SHAPES = [(2, 3, 4, 6), (1, 2, 5, 3), (2, 1, 1, 4), (1, 1, 1, 1)]


def maps(shape: tuple[int, ...], seed: int = 0, channels_last: bool = True) -> Tensor:
    x = torch.randn(shape, generator=torch_generator(seed, "maps"), dtype=torch.float64)
    return x.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_both_gradients_are_those_of_finite_differences(shape: tuple[int, ...]) -> None:
    x = maps(shape).requires_grad_()
    assert torch.autograd.gradcheck(TwiceHalve(), (x,))
    assert torch.autograd.gradgradcheck(TwiceHalve(), (x,))


def second(halve: Halve, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the pooled maps, and the gradient of a figure of the gradient."""
    x.requires_grad_()
    y = halve(x)
    (first,) = torch.autograd.grad(y.pow(3).sum(), x, create_graph=True)
    (gradient,) = torch.autograd.grad(first.square().sum(), x)
    return y, gradient


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_torch_s_pooling_in_every_number(shape: tuple[int, ...], channels_last: bool) -> None:
    for ours, theirs in zip(
        second(TwiceHalve(), maps(shape, 1, channels_last)), second(Halve(), maps(shape, 1, channels_last)), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_the_second_gradient_lies_as_the_maps_do() -> None:
    _, gradient = second(TwiceHalve(), maps((2, 8, 6, 6)))
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_without_gradients_it_is_the_plain_one() -> None:
    with torch.no_grad():
        assert torch.equal(TwiceHalve()(maps((1, 2, 4, 4))), Halve()(maps((1, 2, 4, 4))))
