from __future__ import annotations

import math

import pytest
import torch

from gemel.losses import BinaryCrossEntropy
from gemel.randomness import torch_generator
from gemel.similarity import Cosine, WeightedL1
from tests.reference import losses as slow


@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (10.0, -5.0), (0.3, 2.0)])
def test_against_the_slow_formula(scale: float, bias: float) -> None:
    generator = torch_generator(0, "pairs")
    score, same = torch.randn(200, generator=generator), torch.randint(2, (200,), generator=generator)
    pairs = zip(score.tolist(), same.tolist(), strict=True)
    expected = torch.tensor([slow.binary_cross_entropy(x, s, scale, bias) for x, s in pairs])
    losses = BinaryCrossEntropy(scale, bias)(score, same, Cosine())
    torch.testing.assert_close(losses, expected, atol=1e-5, rtol=1e-4)


def test_by_hand() -> None:
    losses = BinaryCrossEntropy()(torch.tensor([0.0, 0.0, math.log(3)]), torch.tensor([1, 0, 1]), WeightedL1(2))
    torch.testing.assert_close(losses, torch.tensor([math.log(2), math.log(2), math.log(4 / 3)]))


def test_sure_and_wrong_is_finite() -> None:
    score = torch.tensor([-1e4, 1e4], requires_grad=True)
    losses = BinaryCrossEntropy()(score, torch.tensor([1, 0]), WeightedL1(2))
    losses.sum().backward()
    torch.testing.assert_close(losses, torch.tensor([1e4, 1e4]))
    torch.testing.assert_close(score.grad, torch.tensor([-1.0, 1.0]))


def test_scale_and_bias_are_learned_only_where_asked() -> None:
    assert not any(p.requires_grad for p in BinaryCrossEntropy(10.0, -5.0).parameters())
    loss = BinaryCrossEntropy(10.0, -5.0, learned=True)
    loss(torch.tensor([0.9, 0.3]), torch.tensor([0, 1]), Cosine()).mean().backward()
    assert all(p.grad is not None and p.grad.abs() > 0 for p in loss.parameters())


def test_a_scale_that_is_not_above_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^scale is -1; it must be above 0$"):
        BinaryCrossEntropy(scale=-1)
