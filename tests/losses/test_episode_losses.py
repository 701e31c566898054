from __future__ import annotations

import math

import torch

from gemel.losses import CrossEntropy, MeanSquaredError, SquaredError
from gemel.randomness import torch_generator
from tests.reference import losses as slow


def test_against_the_slow_formulas() -> None:
    scores = torch.rand(9, 4, generator=torch_generator(0, "scores"))
    truth = torch.randint(4, (9,), generator=torch_generator(1, "truth"))
    expected = sum(slow.cross_entropy(row, y) for row, y in zip(scores.tolist(), truth.tolist(), strict=True)) / 9
    torch.testing.assert_close(CrossEntropy()(scores, truth), torch.tensor(expected))
    expected = slow.mean_squared_error(scores.tolist(), truth.tolist())
    torch.testing.assert_close(MeanSquaredError()(scores, truth), torch.tensor(expected))


def test_by_hand() -> None:
    scores, truth = torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.tensor([1, 1])
    expected = (math.log(2) + math.log(math.e + 1)) / 2
    torch.testing.assert_close(CrossEntropy()(scores, truth), torch.tensor(expected))
    torch.testing.assert_close(MeanSquaredError()(scores, truth), torch.tensor((0 + 1 + 1 + 1) / 4))


def test_squared_error_by_hand() -> None:
    told, truth = torch.tensor([[1.0], [2.0], [-1.0]]), torch.tensor([1.0, 0.0, 2.0])
    assert SquaredError()(told, truth) == (0 + 4 + 9) / 3
    assert SquaredError().figure(torch.stack([told, told + 1]), truth.expand(2, -1)) == (0 + 4 + 9 + 1 + 9 + 4) / 6
    assert SquaredError().metric == "squared_error"
