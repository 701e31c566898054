import numpy as np
import pytest
import torch

from gemel.errors import DataError
from gemel.evaluation import OneShotRun, counted_rate, one_shot_runs
from gemel.randomness import torch_generator
from gemel.similarity import Cosine


def runs(errors):
    """Runs of five, in each of which the first so many test items look like another support item."""
    generator = torch_generator(0, "runs")
    for count in errors:
        support = torch.eye(5)
        truth = torch.randperm(5, generator=generator)
        looks = truth.clone()
        looks[:count] = (truth[:count] + 1) % 5
        yield OneShotRun(support, support[looks], truth.numpy())


def test_errors_are_counted_a_run():
    result = one_shot_runs(list(runs([0, 2, 1, 0])), Cosine())
    low, high = counted_rate(3, 20).ci95
    assert result.to_json() == {
        "protocol": "one-shot-runs",
        "error": 0.15,
        "ci95": [low, high],
        "errors": 3,
        "trials": 20,
        "per_run": [0, 2, 1, 0],
    }
    assert str(result) == "one-shot runs: error 15.0 % (5.2 to 36.0) (3 of 20)"


def test_what_does_not_fit_is_told():
    with pytest.raises(DataError, match="0 of 0"):
        one_shot_runs([], Cosine())
    with pytest.raises(DataError, match=r"A true position is 5; one of 0 ... 4 is expected"):
        one_shot_runs([OneShotRun(torch.eye(5), torch.eye(5), np.arange(1, 6))], Cosine())
    with pytest.raises(DataError, match="not finite"):
        one_shot_runs([OneShotRun(torch.eye(5) * float("nan"), torch.eye(5), np.arange(5))], Cosine())
