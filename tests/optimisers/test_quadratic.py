from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from gemel.optimisers import Quadratic
from gemel.optimisers.quadratic import Quadratics


def test_loss_and_gradient_by_hand() -> None:
    matrix = torch.tensor([[[1.0, 2.0], [0.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]])
    target = torch.tensor([[1.0, -1.0], [0.0, 0.0]])
    problems = Quadratics(matrix, target, torch.zeros(2, 2))
    theta = torch.tensor([[1.0, 1.0], [3.0, -4.0]])
    loss, gradient = problems.loss_and_gradient(theta, 0)
    # W theta - y = (3 - 1, 3 + 1), and 2 W'(W theta - y) = 2 (2, 2·2 + 3·4)
    assert loss.tolist() == [20.0, 25.0]
    assert gradient.tolist() == [[4.0, 32.0], [6.0, -8.0]]


def test_the_gradient_is_the_formula_s_and_carries_no_graph() -> None:
    problems = Quadratic().draw(7, 0)
    theta = torch.ones(7, 10, requires_grad=True)
    loss, gradient = problems.loss_and_gradient(theta, 3)
    for one in range(7):
        rest = problems.matrix[one] @ torch.ones(10) - problems.target[one]
        assert_close(loss[one], rest @ rest)
        assert_close(gradient[one], 2 * problems.matrix[one].T @ rest)
    assert not loss.requires_grad
    assert not gradient.requires_grad


def test_they_are_standard_normal_and_named_by_seed_and_path() -> None:
    drawn = Quadratic().draw(400, 0, "train", 1)
    assert drawn.matrix.shape == (400, 10, 10)
    for values in (drawn.matrix, drawn.target, drawn.start / 0.01):
        assert abs(float(values.mean())) < 0.1
        assert abs(float(values.std()) - 1) < 0.05
    assert torch.equal(drawn.matrix, Quadratic().draw(400, 0, "train", 1).matrix)
    for other in (Quadratic().draw(400, 1, "train", 1), Quadratic().draw(400, 0, "train", 2)):
        assert not torch.equal(drawn.matrix, other.matrix)


@pytest.mark.parametrize("options", [{"dimensions": 0}, {"deviation": -1.0}])
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Quadratic(**options)  # type: ignore[arg-type]
