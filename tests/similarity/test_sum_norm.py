"""The batch norm of sums against the batch norm, of the sums."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gemel.randomness import torch_generator
from gemel.similarity.sum_norm import SumNorm, sum_moments

F = 3


def maps(*shape: int, seed: int) -> Tensor:
    """Return maps that differ by place and channel, the channels last: (*shape, 2, 4, F)."""
    generator = torch_generator(seed, "maps")
    noise, places = (torch.randn(*shape, generator=generator) for shape in ((*shape, 2, 4, F), (2, 4, F)))
    return noise + 2 * places + torch.arange(F)


def sums(left: Tensor, right: Tensor) -> Tensor:
    """Return all sums, made one by one: (T, N, h, w, F), (T, Q, h, w, F) -> (T * N * Q, F, h, w)."""
    return torch.stack([a + b for one, other in zip(left, right, strict=True) for a in one for b in other]).movedim(
        -1, 1
    )


def norms() -> tuple[SumNorm, nn.BatchNorm2d]:
    pair = SumNorm(F), nn.BatchNorm2d(F)
    for norm in pair:
        nn.init.uniform_(norm.weight, 0.5, 2, generator=torch_generator(0, "weight"))
        nn.init.normal_(norm.bias, generator=torch_generator(0, "bias"))
    return pair


@pytest.mark.parametrize(("tasks", "n", "q"), [(1, 1, 1), (1, 4, 7), (3, 2, 5)])
def test_the_norm_of_all_sums(tasks: int, n: int, q: int) -> None:
    left, right = maps(tasks, n, seed=1), maps(tasks, q, seed=2)
    mine, theirs = norms()
    for training in (True, True, False):
        a, b = mine.train(training).summands(left, right)
        expected = theirs.train(training)(sums(left, right))
        torch.testing.assert_close(sums(a, b), expected)
        torch.testing.assert_close(dict(mine.named_buffers()), dict(theirs.named_buffers()))


def test_maps_that_cancel_have_no_negative_variance() -> None:
    left = 1e3 * maps(1, seed=1)
    mean, variance = sum_moments(left, -left)
    assert (variance >= 0).all()
    torch.testing.assert_close(mean, torch.zeros(F))
