from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gemel.losses import CenterLoss, MarginSoftmax, Softmax, SupervisedContrastive
from gemel.losses.center import moved_centers
from gemel.losses.margin_softmax import additive_angular_margin
from gemel.randomness import seeded, torch_generator
from tests.reference import losses as slow


def batch(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch_generator(seed, "batch")
    return torch.randn(16, 4, generator=generator), torch.randint(3, (16,), generator=generator)


def mean(numbers: list[float]) -> Tensor:
    return torch.tensor(sum(numbers) / len(numbers))


def slow_softmax(loss: Softmax | CenterLoss, embeddings: Tensor, labels: Tensor) -> Tensor:
    weight, bias = loss.head.weight.tolist(), loss.head.bias.tolist()
    items = zip(embeddings.tolist(), labels.tolist(), strict=True)
    return mean([slow.cross_entropy(slow.linear(x, weight, bias), y) for x, y in items])


def test_softmax_against_the_slow_formula() -> None:
    with seeded(0):
        loss = Softmax(4, 3)
    torch.testing.assert_close(loss(*batch()), slow_softmax(loss, *batch()))


@pytest.mark.parametrize(("form", "margin"), [("cosface", 0.35), ("arcface", 0.5), ("arcface", 1.2), ("cosface", 0.0)])
def test_margin_softmax_against_the_slow_formula(form: str, margin: float) -> None:
    with seeded(0):
        loss = MarginSoftmax(4, 3, form=form, margin=margin, scale=5.0)
    items = zip(*(part.tolist() for part in batch()), strict=True)
    expected = mean([slow.margin_softmax(x, y, loss.weight.tolist(), form, margin, 5.0) for x, y in items])
    torch.testing.assert_close(loss(*batch()), expected, atol=1e-5, rtol=1e-5)


def test_margin_softmax_by_hand() -> None:
    loss = MarginSoftmax(2, 2, form="cosface", margin=0.5, scale=2.0)
    with torch.no_grad():
        loss.weight.copy_(torch.tensor([[7.0, 0.0], [0.0, 0.1]]))  # lengths do not count
    cost = loss(torch.tensor([[3.0, 0.0]]), torch.tensor([0]))  # cosines 1 and 0; logits 2 (1 - 0.5) and 0
    torch.testing.assert_close(cost, torch.tensor(math.log(1 + math.exp(-1))))


def test_arcface_falls_all_the_way_to_the_opposite() -> None:
    cosines = torch.cos(torch.linspace(0, math.pi, 200, dtype=torch.float64))[:, None]
    with_margin = additive_angular_margin(cosines, torch.zeros(200, dtype=torch.long), margin=0.5)
    assert (with_margin.diff(dim=0) < 1e-4).all()
    assert (with_margin < cosines + 1e-3).all()


@pytest.mark.parametrize("cosine", [-1.0, 1.0])
def test_arcface_gradient_is_finite_at_the_poles(cosine: float) -> None:
    cosines = torch.tensor([[cosine, 0.0]], requires_grad=True)
    additive_angular_margin(cosines, torch.tensor([0]), margin=0.5).sum().backward()
    assert cosines.grad is not None
    assert cosines.grad.isfinite().all()


def test_margin_softmax_refuses_an_unknown_form() -> None:
    with pytest.raises(ValueError, match=r"^form is 'sphereface'; it must be 'cosface' or 'arcface'$"):
        MarginSoftmax(4, 3, form="sphereface")


def test_center_loss_is_softmax_plus_half_the_weighted_squared_distance() -> None:
    with seeded(0):
        loss = CenterLoss(4, 3, weight=0.7)
    embeddings, labels = batch()
    loss(*batch(1))  # move the centers off zero
    items = zip(embeddings.tolist(), labels.tolist(), strict=True)
    together = mean([math.dist(x, loss.centers[y].tolist()) ** 2 for x, y in items])
    expected = slow_softmax(loss, embeddings, labels) + 0.7 / 2 * together
    torch.testing.assert_close(loss(embeddings, labels), expected)


def test_centers_move_by_the_papers_rule_after_each_training_batch() -> None:
    loss = CenterLoss(4, 3, alpha=0.3)
    expected = loss.centers.tolist()
    for seed in range(4):
        embeddings, labels = batch(seed)
        loss(embeddings, labels)
        members = [embeddings[labels == number].tolist() for number in range(3)]
        expected = [slow.moved_center(center, those, 0.3) for center, those in zip(expected, members, strict=True)]
    torch.testing.assert_close(loss.centers, torch.tensor(expected))


def test_centers_by_hand() -> None:
    centers = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    moved = moved_centers(torch.tensor([[3.0, 0.0], [0.0, 6.0]]), torch.tensor([0, 0]), centers, alpha=0.5)
    # delta = ((0 - 3) + (0 - 0), (0 - 0) + (0 - 6)) / (1 + 2) = (-1, -2)
    torch.testing.assert_close(moved, torch.tensor([[0.5, 1.0], [1.0, 1.0]]))


def test_centers_stand_still_outside_training_and_are_not_descended() -> None:
    loss = CenterLoss(4, 3).eval()
    loss(*batch())
    assert torch.equal(loss.centers, torch.zeros(3, 4))
    assert {name for name, _ in loss.named_parameters()} == {"head.weight", "head.bias"}
    assert "centers" in loss.state_dict()


def test_gradient_of_the_center_term_pulls_to_the_centers_from_before_the_move() -> None:
    with seeded(0):
        loss = CenterLoss(4, 3, weight=1.0)
    embeddings, labels = batch()
    loss(*batch(1))
    centers = loss.centers.clone()
    gradients = []
    for weight in (1.0, 0.0):
        x = embeddings.clone().requires_grad_()
        loss.weight = weight
        loss.centers.copy_(centers)
        loss(x, labels).backward()
        assert x.grad is not None
        gradients.append(x.grad)
    torch.testing.assert_close(gradients[0] - gradients[1], (embeddings - centers[labels]) / 16)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 1.5}, r"alpha is 1\.5; it must be from 0 to 1"),
        ({"weight": -1.0}, r"weight is -1\.0; it must not be below 0"),
    ],
)
def test_center_refusals(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        CenterLoss(4, 3, **options)


def test_supervised_contrastive_against_the_slow_formula() -> None:
    embeddings, labels = batch()
    expected = slow.supervised_contrastive(embeddings.tolist(), labels.tolist(), 0.2)
    torch.testing.assert_close(SupervisedContrastive(0.2)(embeddings, labels), torch.tensor(expected))


def test_supervised_contrastive_by_hand() -> None:
    embeddings = torch.tensor([[2.0, 0.0], [5.0, 0.0], [0.0, 1.0]])  # two of a class, and one alone at a right angle
    cost = SupervisedContrastive(0.5)(embeddings, torch.tensor([4, 4, 7]))
    torch.testing.assert_close(cost, torch.tensor(math.log(1 + math.exp(-2))))


def test_supervised_contrastive_without_partners_teaches_nothing() -> None:
    for count in (1, 3):
        embeddings = torch.randn(count, 4, generator=torch_generator(0)).requires_grad_()
        cost = SupervisedContrastive()(embeddings, torch.arange(count))
        cost.backward()
        assert cost == 0
        assert embeddings.grad is not None
        assert torch.equal(embeddings.grad, torch.zeros(count, 4))


def test_supervised_contrastive_refuses_a_temperature_of_zero() -> None:
    with pytest.raises(ValueError, match="temperature is 0; it must be above 0"):
        SupervisedContrastive(0)
