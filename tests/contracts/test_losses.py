"""What every registered loss and miner promises."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from gemel.losses import (
    CLASS_LOSSES,
    EPISODE_LOSSES,
    LOSSES,
    MINERS,
    PAIR_LOSSES,
    REGRESSION_LOSSES,
    TRIPLET_LOSSES,
    ClassLoss,
    EpisodeLoss,
    Miner,
    PairLoss,
    RegressionLoss,
    TripletLoss,
)
from gemel.randomness import seeded, torch_generator
from gemel.registry import build
from gemel.similarity import SIMILARITIES, Similarity
from tests.contracts.parts import UNTRAINED, similarity_of

DIMENSIONS, CLASSES = 12, 5
Case = tuple[str, dict[str, Any]]

PAIR_CASES: list[Case] = [
    *[("contrastive", {"form": form, "margin": 0.8}) for form in ("hadsell", "caffe", "plain")],
    ("binary_cross_entropy", {}),
    ("binary_cross_entropy", {"scale": 10.0, "bias": -5.0, "learned": True}),
    ("hinge", {}),
]
TRIPLET_CASES: list[Case] = [("triplet", {"form": form}) for form in ("plain", "squared", "ratio", "soft")]
CLASS_CASES: list[Case] = [
    ("softmax", {}),
    ("margin_softmax", {"form": "cosface"}),
    ("margin_softmax", {"form": "arcface", "margin": 0.5}),
    ("center", {"weight": 0.5}),
    ("supervised_contrastive", {"temperature": 0.5}),
    ("metric_learning", {}),
    ("metric_learning", {"loss": "ProxyAnchorLoss"}),
    ("metric_learning", {"loss": "TripletMarginLoss", "miner": "BatchHardMiner"}),
]
EPISODE_CASES: list[Case] = [("cross_entropy", {}), ("mean_squared_error", {})]
REGRESSION_CASES: list[Case] = [("squared_error", {})]
CASES = (
    (PAIR_CASES, PAIR_LOSSES),
    (TRIPLET_CASES, TRIPLET_LOSSES),
    (CLASS_CASES, CLASS_LOSSES),
    (EPISODE_CASES, EPISODE_LOSSES),
    (REGRESSION_CASES, REGRESSION_LOSSES),
)


def named(cases: list[Case]) -> list[str]:
    return ["-".join([name, *map(str, options.values())]) for name, options in cases]


def made(what: str, registry: dict[str, type[Any]], case: Case) -> Any:
    name, options = case
    with seeded(1, "losses"):
        return build(what, registry, {"name": name, **options}, dimensions=DIMENSIONS, classes=CLASSES)


def rows(count: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(count, DIMENSIONS, generator=torch_generator(seed, "rows"))


def numbers(count: int, below: int, seed: int = 0) -> Tensor:
    return torch.randint(below, (count,), generator=torch_generator(seed, "numbers"))


def test_every_registered_loss_is_tried() -> None:
    for cases, registry in CASES:
        assert {name for name, _ in cases} == registry.keys()
    assert {name: kind for _, registry in CASES for name, kind in registry.items()} == LOSSES
    assert len(LOSSES) == sum(len(registry) for _, registry in CASES)


# Losses on pairs


@pytest.fixture(params=PAIR_CASES, ids=named(PAIR_CASES))
def pair_loss(request: pytest.FixtureRequest) -> PairLoss:
    loss: PairLoss = made("loss", PAIR_LOSSES, request.param)
    return loss


@pytest.fixture(params=sorted(SIMILARITIES.keys() - UNTRAINED))
def similarity(request: pytest.FixtureRequest) -> Similarity:
    return similarity_of(request.param, DIMENSIONS)


def test_pair_loss_is_one_number_a_pair_never_below_zero(pair_loss: PairLoss, similarity: Similarity) -> None:
    score, same = similarity(rows(50, 1), rows(50, 2)), numbers(50, 2)
    losses = pair_loss(score, same, similarity)
    assert losses.shape == (50,)
    assert losses.dtype == torch.float32
    assert (losses >= 0).all()
    assert torch.equal(losses[7:8], pair_loss(score[7:8], same[7:8], similarity))
    assert pair_loss(score[:0], same[:0], similarity).shape == (0,)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32])
def test_pair_loss_takes_same_in_any_type(pair_loss: PairLoss, similarity: Similarity, dtype: torch.dtype) -> None:
    score, same = similarity(rows(9, 1), rows(9, 2)), numbers(9, 2)
    assert torch.equal(pair_loss(score, same.to(dtype), similarity), pair_loss(score, same, similarity))


def test_a_higher_score_costs_same_pairs_less_and_different_pairs_more(
    pair_loss: PairLoss, similarity: Similarity
) -> None:
    score = similarity.highest - torch.linspace(3, 0, 40)  # rising
    same = pair_loss(score, torch.ones(40), similarity)
    different = pair_loss(score, torch.zeros(40), similarity)
    assert (same.diff() <= 0).all()
    assert same[-1] < same[0]
    assert (different.diff() >= 0).all()
    assert different[-1] > different[0]


def test_pair_loss_does_not_see_the_order_in_a_pair(pair_loss: PairLoss, similarity: Similarity) -> None:
    a, b, same = rows(30, 1), rows(30, 2), numbers(30, 2)
    assert torch.equal(
        pair_loss(similarity(a, b), same, similarity),
        pair_loss(similarity(b, a), same, similarity),
    )


@pytest.mark.parametrize("scale", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("same", [0, 1])
def test_pair_gradients_are_finite_at_zero_distance(
    pair_loss: PairLoss, similarity: Similarity, same: int, scale: float
) -> None:
    x = rows(1, 1, scale).expand(6, -1).clone().requires_grad_()  # all embeddings equal
    score = similarity.matrix(x, x).flatten()
    pair_loss(score, torch.full((36,), same), similarity).mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_pair_gradients_are_finite_far_off(pair_loss: PairLoss, similarity: Similarity) -> None:
    a, b = rows(40, 1, 1000.0).requires_grad_(), rows(40, 2, 1000.0)
    losses = pair_loss(similarity(a, b), numbers(40, 2), similarity)
    losses.mean().backward()
    assert losses.isfinite().all()
    assert a.grad is not None
    assert a.grad.isfinite().all()


def test_pair_loss_descends(pair_loss: PairLoss, similarity: Similarity) -> None:
    x, same = rows(12, 1, 0.1).requires_grad_(), numbers(144, 2)
    optimiser = torch.optim.Adam([x], lr=0.01)
    costs = []
    for _ in range(10):
        cost = pair_loss(similarity.matrix(x, x).flatten(), same, similarity).mean()
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        costs.append(cost.item())
    assert costs[-1] < costs[0]


@pytest.mark.parametrize("case", PAIR_CASES, ids=named(PAIR_CASES))
def test_pair_loss_after_save_and_load(case: Case, similarity: Similarity) -> None:
    loss, other = made("loss", PAIR_LOSSES, case), made("loss", PAIR_LOSSES, case)
    with torch.no_grad():
        for parameter in loss.parameters():
            parameter.add_(0.25)
    other.load_state_dict(copy.deepcopy(loss.state_dict()))
    score, same = similarity(rows(20, 1), rows(20, 2)), numbers(20, 2)
    assert torch.equal(other(score, same, similarity), loss(score, same, similarity))


# Losses on triplets


@pytest.fixture(params=TRIPLET_CASES, ids=named(TRIPLET_CASES))
def triplet_loss(request: pytest.FixtureRequest) -> TripletLoss:
    loss: TripletLoss = made("loss", TRIPLET_LOSSES, request.param)
    return loss


def test_triplet_loss_is_one_number_a_triplet_never_below_zero(triplet_loss: TripletLoss) -> None:
    positive, negative = rows(5, 1).abs().flatten(), rows(5, 2).abs().flatten()
    losses = triplet_loss(positive, negative)
    assert losses.shape == positive.shape
    assert (losses >= 0).all()
    assert torch.equal(losses[3:4], triplet_loss(positive[3:4], negative[3:4]))
    assert triplet_loss(positive[:0], negative[:0]).shape == (0,)


def test_triplet_loss_rises_with_the_positive_and_falls_with_the_negative(triplet_loss: TripletLoss) -> None:
    rising, fixed = torch.linspace(0, 3, 40), torch.full((40,), 1.5)
    assert (triplet_loss(rising, fixed).diff() >= 0).all()
    assert (triplet_loss(fixed, rising).diff() <= 0).all()
    assert triplet_loss(rising, fixed)[-1] > triplet_loss(rising, fixed)[0]
    assert triplet_loss(fixed, rising)[-1] < triplet_loss(fixed, rising)[0]


@pytest.mark.parametrize("scale", [0.0, 1.0, 1000.0])
def test_triplet_gradients_are_finite_for_equal_embeddings_and_far_ones(
    triplet_loss: TripletLoss, similarity: Similarity, scale: float
) -> None:
    for x in (rows(1, 1, scale).expand(3, -1).clone().requires_grad_(), rows(3, 1, scale).requires_grad_()):
        distances = similarity.distance(similarity.matrix(x, x))
        triplet_loss(distances[0, 1:2], distances[0, 2:3]).mean().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()


# Losses on classes


@pytest.fixture(params=CLASS_CASES, ids=named(CLASS_CASES))
def class_loss(request: pytest.FixtureRequest) -> ClassLoss:
    loss: ClassLoss = made("loss", CLASS_LOSSES, request.param)
    return loss


def cost_and_gradient(loss: ClassLoss, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and its gradient, by a copy of the loss: one may keep state between batches."""
    x = embeddings.clone().requires_grad_()
    cost = copy.deepcopy(loss)(x, labels)
    cost.backward()
    assert x.grad is not None
    return cost.detach(), x.grad


def test_class_loss_is_one_number_never_below_zero(class_loss: ClassLoss) -> None:
    cost, gradient = cost_and_gradient(class_loss, rows(20), numbers(20, CLASSES))
    assert cost.shape == ()
    assert cost.dtype == torch.float32
    assert cost >= 0
    assert gradient.abs().max() > 0


BATCHES = {
    "all equal": (rows(1).expand(8, -1), numbers(8, CLASSES)),
    "all zero": (torch.zeros(8, DIMENSIONS), numbers(8, CLASSES)),
    "one class": (rows(8), torch.full((8,), 2)),
    "one class, all equal": (rows(1).expand(8, -1), torch.full((8,), 2)),
    "one item": (rows(1), torch.tensor([3])),
    "one item a class": (rows(CLASSES), torch.arange(CLASSES)),
    "long": (rows(8, scale=100.0), numbers(8, CLASSES)),
    "short": (rows(8, scale=1e-5), numbers(8, CLASSES)),
}


@pytest.mark.parametrize("batch", BATCHES)
def test_class_gradients_are_finite(class_loss: ClassLoss, batch: str) -> None:
    cost, gradient = cost_and_gradient(class_loss, *BATCHES[batch])
    assert cost.isfinite()
    assert gradient.isfinite().all()


def test_class_loss_does_not_see_the_order_of_a_batch(class_loss: ClassLoss) -> None:
    embeddings, labels = rows(20), numbers(20, CLASSES)
    order = torch.randperm(20, generator=torch_generator(0, "order"))
    cost, gradient = cost_and_gradient(class_loss, embeddings, labels)
    shuffled_cost, shuffled_gradient = cost_and_gradient(class_loss, embeddings[order], labels[order])
    torch.testing.assert_close(shuffled_cost, cost, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(shuffled_gradient, gradient[order], atol=1e-6, rtol=1e-4)


def test_class_loss_gives_the_same_bits_again(class_loss: ClassLoss) -> None:
    batch = rows(20), numbers(20, CLASSES)
    for first, second in zip(cost_and_gradient(class_loss, *batch), cost_and_gradient(class_loss, *batch), strict=True):
        assert torch.equal(first, second)


def test_autocast_changes_nothing(class_loss: ClassLoss) -> None:
    batch = rows(20), numbers(20, CLASSES)
    expected, _ = cost_and_gradient(class_loss, *batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cost, gradient = cost_and_gradient(class_loss, *batch)
    assert torch.equal(cost, expected)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("case", CLASS_CASES, ids=named(CLASS_CASES))
def test_class_loss_after_save_and_load(case: Case) -> None:
    loss: ClassLoss = made("loss", CLASS_LOSSES, case)
    for seed in range(3):  # a loss may learn from the batches it sees
        loss(rows(20, seed), numbers(20, CLASSES, seed))
    with seeded(2, "another start"):
        other = build("loss", CLASS_LOSSES, {"name": case[0], **case[1]}, dimensions=DIMENSIONS, classes=CLASSES)
    other.load_state_dict(copy.deepcopy(loss.state_dict()))
    batch = rows(20, 9), numbers(20, CLASSES, 9)
    assert torch.equal(cost_and_gradient(loss, *batch)[0], cost_and_gradient(other, *batch)[0])


def test_class_loss_falls_when_descended(class_loss: ClassLoss) -> None:
    x, labels = rows(30).requires_grad_(), numbers(30, CLASSES)
    optimiser = torch.optim.SGD([x, *class_loss.parameters()], lr=0.05)
    costs = []
    for _ in range(30):
        cost = class_loss(x, labels)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        costs.append(cost.item())
    assert costs[-1] < costs[0]


# Losses on episodes


@pytest.fixture(params=EPISODE_CASES, ids=named(EPISODE_CASES))
def episode_loss(request: pytest.FixtureRequest) -> EpisodeLoss:
    loss: EpisodeLoss = made("loss", EPISODE_LOSSES, request.param)
    return loss


def test_episode_loss_is_one_number_never_below_zero(episode_loss: EpisodeLoss) -> None:
    for queries, classes in ((20, CLASSES), (1, 1), (3, 2)):
        cost = episode_loss(rows(queries)[:, :classes], numbers(queries, classes))
        assert cost.shape == ()
        assert cost >= 0


def test_a_higher_score_of_the_true_class_costs_less_and_of_another_more(episode_loss: EpisodeLoss) -> None:
    truth = torch.tensor([2])
    costs = {
        column: [episode_loss(torch.full((1, 4), 0.5).index_fill(1, torch.tensor([column]), score), truth)
                 for score in (0.5, 0.6, 0.9)]
        for column in range(4)
    }  # fmt: skip
    assert costs[2][0] > costs[2][1] > costs[2][2]
    for column in (0, 1, 3):
        assert costs[column][0] < costs[column][1] < costs[column][2]


def test_episode_loss_sees_neither_the_order_of_queries_nor_the_numbers_of_classes(episode_loss: EpisodeLoss) -> None:
    scores, truth = rows(20)[:, :CLASSES], numbers(20, CLASSES)
    order, names = (torch.randperm(count, generator=torch_generator(0, "order")) for count in (20, CLASSES))
    cost = episode_loss(scores, truth)
    torch.testing.assert_close(episode_loss(scores[order], truth[order]), cost)
    torch.testing.assert_close(episode_loss(scores[:, names], names.argsort()[truth]), cost)


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_episode_gradients_are_finite_and_fall_when_descended(episode_loss: EpisodeLoss, scale: float) -> None:
    x = rows(20, scale=scale)[:, :CLASSES].clone().requires_grad_()
    truth = numbers(20, CLASSES)
    first = episode_loss(x, truth)
    first.backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert episode_loss(x - x.grad, truth) < first


def test_an_episode_s_outputs_are_its_classes_and_its_figure_the_share_told_right(episode_loss: EpisodeLoss) -> None:
    scores, truth = torch.eye(4), torch.tensor([0, 1, 2, 1])
    assert episode_loss.metric == "accuracy"
    assert episode_loss.width(truth) == 3
    assert episode_loss.figure(scores, truth) == 0.75
    assert episode_loss.figure(torch.stack([scores, scores.flip(0)]), truth.expand(2, -1)) == 0.375


# Losses on numbers


@pytest.fixture(params=REGRESSION_CASES, ids=named(REGRESSION_CASES))
def regression_loss(request: pytest.FixtureRequest) -> RegressionLoss:
    loss: RegressionLoss = made("loss", REGRESSION_LOSSES, request.param)
    return loss


def test_regression_loss_is_least_for_the_truth_and_rises_either_way(regression_loss: RegressionLoss) -> None:
    truth = rows(9)[:, 0]
    costs = [regression_loss(truth[:, None] + away, truth) for away in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    assert all(cost.shape == () for cost in costs)
    assert costs[0] > costs[1] > costs[2] == 0
    assert costs[4] > costs[3] > costs[2]
    assert regression_loss.width(truth) == 1


def test_regression_loss_does_not_see_the_order_and_its_gradient_descends(regression_loss: RegressionLoss) -> None:
    told, truth = rows(9)[:, :1].clone().requires_grad_(), rows(9)[:, 1]
    order = torch.randperm(9, generator=torch_generator(0, "order"))
    cost = regression_loss(told, truth)
    torch.testing.assert_close(regression_loss(told[order], truth[order]), cost)
    cost.backward()
    assert told.grad is not None
    assert regression_loss(told - told.grad, truth) < cost


# Miners


@pytest.fixture(params=MINERS)
def miner(request: pytest.FixtureRequest) -> Miner:
    return build("miner", MINERS, {"name": request.param}, dimensions=DIMENSIONS)


def sphere_distances(count: int, seed: int = 0) -> Tensor:
    x = torch.nn.functional.normalize(rows(count, seed))
    return torch.cdist(x, x)


def triplets(miner: Miner, distances: Tensor, labels: Tensor, seed: int = 0) -> list[tuple[int, int, int]]:
    mined = miner(distances, labels, torch_generator(seed, "mining"))
    return list(zip(*(part.tolist() for part in mined), strict=True))


def test_mined_triplets_are_triplets(miner: Miner) -> None:
    distances, labels = sphere_distances(40), numbers(40, 6)
    found = triplets(miner, distances, labels)
    assert len(found) >= 40
    for a, p, n in found:
        assert a != p
        assert labels[a] == labels[p] != labels[n]
    assert len(set(found)) == len(found)
    assert {a for a, _, _ in found} == set(range(40))  # every item gets to be an anchor


@pytest.mark.parametrize(
    "labels",
    [[], [0], [0, 1], [0, 0, 0], [0, 1, 2, 3]],
    ids=["no item", "one item", "two items", "one class", "no class twice"],
)
def test_a_batch_without_a_triplet_gives_none(miner: Miner, labels: list[int]) -> None:
    mined = miner(sphere_distances(len(labels)), torch.tensor(labels, dtype=torch.long), torch_generator(0))
    assert [(part.shape, part.dtype) for part in mined] == [((0,), torch.long)] * 3


def test_a_class_of_one_item_serves_as_negative_only(miner: Miner) -> None:
    for a, p, n in triplets(miner, sphere_distances(3), torch.tensor([4, 4, 7])):
        assert {a, p} == {0, 1}
        assert n == 2


def test_all_embeddings_equal_still_gives_triplets(miner: Miner) -> None:
    labels = torch.tensor([0, 0, 1, 1])
    for a, p, n in triplets(miner, torch.zeros(4, 4), labels):
        assert labels[a] == labels[p] != labels[n]


def test_a_miner_gives_the_same_again_and_does_not_touch_the_global_generator(miner: Miner) -> None:
    distances, labels = sphere_distances(40), numbers(40, 6)
    state = torch.get_rng_state()
    assert triplets(miner, distances, labels) == triplets(miner, distances, labels)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", [name for name in MINERS if name != "distance_weighted"])
def test_miners_that_do_not_draw_do_not_see_the_order_of_a_batch(name: str) -> None:
    miner = build("miner", MINERS, {"name": name})
    distances, labels = sphere_distances(20), numbers(20, 4)
    order = torch.randperm(20, generator=torch_generator(0, "order"))
    shuffled = triplets(miner, distances[order][:, order], labels[order])
    assert {tuple(order[list(t)].tolist()) for t in shuffled} == set(triplets(miner, distances, labels))


def test_losses_and_miners_go_together() -> None:
    x = rows(24).requires_grad_()
    labels = numbers(24, 4)
    for miner_name, case in itertools.product(MINERS, TRIPLET_CASES):
        miner = build("miner", MINERS, {"name": miner_name}, dimensions=DIMENSIONS)
        unit = torch.nn.functional.normalize(x)
        distances = SIMILARITIES["euclidean"]().matrix(unit, unit).neg()
        a, p, n = miner(distances.detach(), labels, torch_generator(0))
        x.grad = None
        made("loss", TRIPLET_LOSSES, case)(distances[a, p], distances[a, n]).mean().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()
        assert x.grad.abs().max() > 0
