"""The implicit gradient against the closed form of a linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gemel.batches import Labelled
from gemel.learners import IMAML
from gemel.learners.imaml import conjugate_gradient
from gemel.randomness import seeded, torch_generator
from tests.learners.test_maml import WAYS, episode, linear_parts


def linear(**options: Any) -> IMAML:
    with seeded(0, "linear"):
        return IMAML(**linear_parts(), **options).double()


def test_conjugate_gradients_solve_a_system() -> None:
    generator = torch_generator(0)
    root = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    matrix, target = root @ root.mT + torch.eye(6), torch.randn(6, generator=generator, dtype=torch.float64)

    def product(pieces: list[torch.Tensor]) -> list[torch.Tensor]:
        return list((matrix @ torch.cat(pieces)).split([2, 4]))

    solution = torch.cat(conjugate_gradient(product, list(target.split([2, 4])), rounds=6))
    torch.testing.assert_close(matrix @ solution, target)
    nothing = list(torch.zeros(6, dtype=torch.float64).split([2, 4]))
    assert not torch.cat(conjugate_gradient(product, nothing, rounds=3)).any()


def test_the_gradient_is_the_closed_form_s() -> None:
    """With ``L = |X W - Y|^2 / n`` phi* solves ``(H + s I) phi = s theta + 2 X^T Y / n``, ``H = 2 X^T X / n``."""
    task, strength = episode(1, 2, torch.float64), 0.7
    learner = linear(steps=3000, rate=0.1, strength=strength, rounds=20)
    head = learner.network.head
    theta = torch.cat([head.weight, head.bias[:, None]], 1).detach().numpy().T  # (5, 3)

    def parts(batch: Labelled) -> tuple[np.ndarray, np.ndarray, int]:
        x = np.concatenate([batch.items.flatten(1).numpy(), np.ones((len(batch.items), 1))], 1)
        return x, np.eye(WAYS)[batch.labels.numpy()], len(x) * WAYS

    x, y, n = parts(task.support)
    hessian = 2 * x.T @ x / n
    reached = np.linalg.solve(hessian + strength * np.eye(5), strength * theta + 2 * x.T @ y / n)
    x, y, n = parts(task.query)
    expected = np.linalg.solve(np.eye(5) + hessian / strength, 2 * x.T @ (x @ reached - y) / n)

    learner(task).loss.backward()
    found = torch.cat([head.weight.grad, head.bias.grad[:, None]], 1).numpy().T
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="must be >= 1, >= 0, >= 1, > 0 and > 0"):
        linear(strength=0.0)
