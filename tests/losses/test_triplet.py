from __future__ import annotations

import math

import pytest
import torch

from gemel.losses import Triplet
from gemel.randomness import torch_generator
from tests.reference import losses as slow


@pytest.mark.parametrize("form", ["plain", "squared", "ratio", "soft"])
@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0])
def test_against_the_slow_formula(form: str, margin: float) -> None:
    positive, negative = 2 * torch.rand(2, 200, generator=torch_generator(0, "triplets"))
    pairs = zip(positive.tolist(), negative.tolist(), strict=True)
    expected = torch.tensor([slow.triplet(p, n, margin, form) for p, n in pairs])
    torch.testing.assert_close(Triplet(margin, form)(positive, negative), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("form", "by_hand"),
    [
        ("plain", 0.1),
        ("squared", 0.03),
        ("ratio", (1 / (1 + math.exp(0.1))) ** 2),
        ("soft", math.log(1 + math.exp(-0.1))),
    ],
)
def test_by_hand_at_distances_0_8_and_0_9(form: str, by_hand: float) -> None:
    loss = Triplet(margin=0.2, form=form)
    torch.testing.assert_close(loss(torch.tensor([0.8]), torch.tensor([0.9])), torch.tensor([by_hand]))


def test_ratio_is_half_the_papers_squared_error() -> None:
    positive, negative = 2 * torch.rand(2, 50, generator=torch_generator(0, "triplets"))
    near, far = torch.softmax(torch.stack([positive, negative]), 0)
    torch.testing.assert_close(2 * Triplet(form="ratio")(positive, negative), near**2 + (far - 1) ** 2)


@pytest.mark.parametrize("form", ["ratio", "soft"])
def test_far_distances_do_not_overflow(form: str) -> None:
    assert Triplet(form=form)(torch.tensor([500.0]), torch.tensor([1.0])).isfinite()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "hard"}, "form is 'hard'; it must be 'plain', 'squared', 'ratio' or 'soft'"),
        ({"margin": -0.1}, "margin is -0.1; it must not be below 0"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Triplet(**options)  # type: ignore[arg-type]
