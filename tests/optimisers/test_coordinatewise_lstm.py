from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.testing import assert_close

from gemel.errors import ModelError
from gemel.optimisers import CoordinatewiseLstm, log_and_sign
from gemel.randomness import seeded, torch_generator
from tests.reference.optimisers import preprocessed, updates_of_one_coordinate

EDGE = math.exp(-10)


def rule_with(seed: int = 0, **options: float | None) -> CoordinatewiseLstm:
    with seeded(seed, "rule"):
        return CoordinatewiseLstm(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (0.0, (-1.0, 0.0)),
        (1e-30, (-1.0, math.exp(10) * 1e-30)),
        (-EDGE / 2, (-1.0, -0.5)),
        (EDGE, (-1.0, 1.0)),
        (-1.0, (0.0, -1.0)),
        (math.e**2, (0.2, 1.0)),
        (-1e30, (math.log(1e30) / 10, -1.0)),
    ],
)
def test_preprocessing_by_hand(gradient: float, expected: tuple[float, float]) -> None:
    assert_close(log_and_sign(torch.tensor(gradient)), torch.tensor(expected))


@pytest.mark.parametrize("p", [1.0, 5.0, 10.0])
def test_preprocessing_against_the_formula_across_all_sizes(p: float) -> None:
    sizes = torch.logspace(-12, 12, 97)
    gradients = torch.cat((-sizes, sizes))
    expected = torch.tensor([preprocessed(float(one), p) for one in gradients])
    assert_close(log_and_sign(gradients, p), expected, rtol=1e-5, atol=1e-6)


def test_preprocessing_has_no_jump() -> None:
    below, above = log_and_sign(torch.tensor([EDGE * 0.999, EDGE * 1.001]))
    assert_close(below, above, atol=2e-3, rtol=0)


@pytest.mark.parametrize("p", [10.0, None])
def test_the_update_is_that_of_torch_cells_coordinate_by_coordinate(p: float | None) -> None:
    rule = rule_with(p=p)
    gradients = torch.randn(5, 2, 3, generator=torch_generator(0, "gradients")) * 10
    state = rule.start(torch.zeros(2, 3))
    found = []
    with torch.no_grad():
        for gradient in gradients:
            update, state = rule(gradient, state)
            found.append(update)
    for row in range(2):
        for column in range(3):
            expected = list(updates_of_one_coordinate(rule, gradients[:, row, column].tolist()))
            assert_close(torch.stack(found)[:, row, column], torch.tensor(expected), rtol=1e-4, atol=1e-6)


def test_the_scale_is_that_of_the_output() -> None:
    small, large = rule_with(scale=0.1), rule_with(scale=1.0)
    gradient = torch.tensor([0.5, -2.0])
    updates = [rule(gradient, rule.start(gradient))[0] for rule in (small, large)]
    assert_close(10 * updates[0], updates[1])


def test_the_number_of_weights_is_as_documented() -> None:
    assert sum(weight.numel() for weight in rule_with().parameters()) == 5141


@pytest.mark.parametrize("options", [{"hidden": 0}, {"p": 0.0}, {"scale": 0.0}])
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        CoordinatewiseLstm(**options)  # type: ignore[arg-type]


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    rule = rule_with(p=None, scale=0.5)
    rule.write(tmp_path / "rule.safetensors")
    again = CoordinatewiseLstm.read(tmp_path / "rule.safetensors")
    assert (again.hidden, again.p, again.scale) == (20, None, 0.5)
    assert all(torch.equal(a, b) for a, b in zip(rule.parameters(), again.parameters(), strict=True))


def test_what_is_no_optimiser_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        CoordinatewiseLstm.read(tmp_path / "absent")
    (tmp_path / "damaged").write_bytes(b"nothing")
    save_file({"weight": torch.zeros(3)}, tmp_path / "other")
    for name in ("damaged", "other"):
        with pytest.raises(ModelError, match="no learned optimiser"):
            CoordinatewiseLstm.read(tmp_path / name)
