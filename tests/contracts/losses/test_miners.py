"""What every registered miner promises."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from gemel.losses import (
    MINERS,
    TRIPLET_LOSSES,
    Miner,
)
from gemel.randomness import torch_generator
from gemel.registry import build
from gemel.similarity import SIMILARITIES
from tests.contracts.losses.cases import (
    DIMENSIONS,
    TRIPLET_CASES,
    made,
    numbers,
    rows,
)


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
