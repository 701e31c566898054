from __future__ import annotations

import pytest
import torch

from gemel.losses import ContrastiveLoss
from gemel.losses.contrastive import contrastive_caffe, contrastive_hadsell, contrastive_plain
from gemel.randomness import torch_generator
from gemel.similarity import Cosine, Euclidean
from tests.reference import losses as slow

FORMS = {"hadsell": contrastive_hadsell, "caffe": contrastive_caffe, "plain": contrastive_plain}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("margin", [0.5, 1.0, 2.0])
def test_against_the_slow_formula(form: str, margin: float) -> None:
    generator = torch_generator(0, "pairs")
    distance, same = 3 * torch.rand(200, generator=generator), torch.randint(2, (200,), generator=generator)
    expected = [slow.contrastive(d, s, margin, form) for d, s in zip(distance.tolist(), same.tolist(), strict=True)]
    torch.testing.assert_close(FORMS[form](distance, same.float(), margin), torch.tensor(expected))
    loss = ContrastiveLoss(margin=margin, form=form)
    torch.testing.assert_close(loss(-distance, same, Euclidean()), torch.tensor(expected))


@pytest.mark.parametrize(
    ("form", "same_cost", "different_cost"), [("hadsell", 0.18, 0.08), ("caffe", 0.18, 0.32), ("plain", 0.36, 0.16)]
)
def test_by_hand_at_distance_0_6(form: str, same_cost: float, different_cost: float) -> None:
    score, same = torch.tensor([-0.6, -0.6, -1.5]), torch.tensor([1, 0, 0])
    losses = ContrastiveLoss(margin=1.0, form=form)(score, same, Euclidean())
    torch.testing.assert_close(losses, torch.tensor([same_cost, different_cost, 0.0]))


def test_distance_comes_from_the_similarity() -> None:
    losses = ContrastiveLoss(form="plain")(torch.tensor([0.4, 0.4]), torch.tensor([1, 0]), Cosine())
    torch.testing.assert_close(losses, torch.tensor([0.36, 0.16]))  # 1 - 0.4 = 0.6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "hadsel"}, "form is 'hadsel'; it must be 'hadsell', 'caffe' or 'plain'"),
        ({"margin": 0.0}, "margin is 0.0; it must be above 0"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        ContrastiveLoss(**options)  # type: ignore[arg-type]
