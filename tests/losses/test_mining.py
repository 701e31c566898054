from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gemel.errors import RecipeError
from gemel.losses import AllTriplets, DistanceWeighted, Hard, Miner, SemiHard
from gemel.losses.mining.distance_weighted import log_density
from gemel.randomness import torch_generator
from tests.reference import mining as slow


def batch(labels: list[int], seed: int) -> tuple[Tensor, Tensor]:
    # whole coordinates, so that many distances tie
    x = torch.randint(-2, 3, (len(labels), 3), generator=torch_generator(seed, "items")).float()
    return torch.cdist(x, x), torch.tensor(labels, dtype=torch.long)


def mined(miner: Miner, distances: Tensor, labels: Tensor, seed: int = 0) -> slow.Found:
    return list(zip(*(part.tolist() for part in miner(distances, labels, torch_generator(seed))), strict=True))


LABELS = st.lists(st.integers(0, 4), max_size=12)


@settings(max_examples=40, deadline=None)
@given(LABELS, st.integers(0, 1000))
def test_against_loops(labels: list[int], seed: int) -> None:
    distances, numbers = batch(labels, seed)
    rows = distances.tolist()
    assert mined(AllTriplets(), distances, numbers) == slow.all_triplets(labels)
    assert mined(Hard(), distances, numbers) == slow.hard(rows, labels)
    assert mined(SemiHard(), distances, numbers) == slow.semi_hard(rows, labels)


#  items on a line:      0    1    2    3    4
#  labels:               a    a    b    b    a
LINE = torch.tensor([0.0, 1.0, 1.5, 5.0, 9.0])
DISTANCES = (LINE[:, None] - LINE).abs()
LINE_LABELS = torch.tensor([0, 0, 1, 1, 0])


def test_hard_by_hand() -> None:
    assert mined(Hard(), DISTANCES, LINE_LABELS) == [(0, 4, 2), (1, 4, 2), (2, 3, 1), (3, 2, 1), (4, 0, 3)]


def test_semi_hard_by_hand() -> None:
    assert mined(SemiHard(), DISTANCES, LINE_LABELS) == [
        (0, 1, 2),  # 1 away; the negatives are 1.5 and 5 away
        (0, 4, 3),  # 9 away, farther than both: the farther of them
        (1, 0, 3),  # 1 away; the negative 0.5 away is nearer, the one 4 away is not
        (1, 4, 3),
        (2, 3, 4),  # 3.5 away: only the one 7.5 away is farther
        (3, 2, 1),  # 3.5 away: 5, 4 and 4 away, the first of the nearest
        (4, 0, 2),  # 9 away, farther than both
        (4, 1, 2),  # 8 away, farther than both
    ]


def test_all_counts_of_64_classes_of_4() -> None:
    labels = torch.arange(64).repeat_interleave(4)
    anchor, positive, negative = AllTriplets()(torch.zeros(256, 256), labels, torch_generator(0))
    assert len(anchor) == len(positive) == len(negative) == 64 * 4 * 3 * 63 * 4


def test_density_is_that_of_random_points_on_the_sphere() -> None:
    x = torch.randn(1200, 6, generator=torch_generator(0, "points"))
    distances = torch.pdist(torch.nn.functional.normalize(x))
    counts = torch.histc(distances, bins=14, min=0.4, max=1.8)
    middles = torch.linspace(0.45, 1.75, 14)
    shares = torch.softmax(log_density(middles, 6), 0)
    torch.testing.assert_close(counts / counts.sum(), shares, atol=2e-3, rtol=0.03)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_distance_weighted_chances(distance: str) -> None:
    negatives = [0.2, 0.5, 0.9, 1.2, 1.39, 1.5]  # the distances of six negatives; the last is beyond reach
    row = torch.tensor([0.0, 0.3, *negatives])
    miner = DistanceWeighted(dimensions=8, distance=distance)
    expected = torch.tensor(slow.distance_weights(negatives, 8, 0.5, 1.4))
    allowed = torch.tensor([[False, False, True, True, True, True, True, True]])
    given = row.square() / 2 if distance == "cosine" else row
    weights = miner.weights(miner.on_sphere(given[None]), allowed)[0]
    torch.testing.assert_close((weights / weights.sum()).float(), torch.cat([torch.zeros(2), expected]))


def test_distance_weighted_draws_by_those_chances() -> None:
    negatives = [0.2, 0.8, 1.0, 1.5]
    distances = torch.zeros(6, 6)
    distances[0] = torch.tensor([0.0, 0.3, *negatives])
    labels = torch.tensor([0, 0, 1, 2, 3, 4])
    miner = DistanceWeighted(dimensions=4)
    drawn = Counter(mined(miner, distances, labels, seed)[0][2] for seed in range(2000))
    expected = slow.distance_weights(negatives, 4, 0.5, 1.4)
    shares = [drawn[item] / 2000 for item in range(2, 6)]
    assert shares == pytest.approx(expected, abs=0.04)
    assert shares[3] == 0


def test_distance_weighted_draws_evenly_where_all_are_beyond_reach() -> None:
    distances = torch.full((5, 5), 1.6)
    labels = torch.tensor([0, 0, 1, 2, 3])
    drawn = Counter(mined(DistanceWeighted(64), distances, labels, seed)[0][2] for seed in range(900))
    assert [drawn[item] / 900 for item in range(2, 5)] == pytest.approx([1 / 3] * 3, abs=0.06)


def test_distance_weighted_holds_in_many_dimensions() -> None:
    x = torch.nn.functional.normalize(torch.randn(64, 2048, generator=torch_generator(0, "points")))
    labels = torch.arange(16).repeat_interleave(4)
    for a, p, n in mined(DistanceWeighted(2048), torch.cdist(x, x), labels):
        assert labels[a] == labels[p] != labels[n]


def test_distance_weighted_refuses_embeddings_that_are_not_of_unit_length() -> None:
    message = r"^Distance-weighted mining got a distance of 9; between embeddings of unit length none is above 2\."
    with pytest.raises(RecipeError, match=message):
        DistanceWeighted(8)(DISTANCES, LINE_LABELS, torch_generator(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"farthest": 2.0}, r"cutoff is 0\.5 and farthest 2\.0; it must be 0 < cutoff <= farthest < 2"),
        ({"cutoff": 0.0}, r"cutoff is 0\.0 and farthest 1\.4; it must be 0 < cutoff <= farthest < 2"),
        ({"distance": "manhattan"}, "distance is 'manhattan'; it must be 'euclidean' or 'cosine'"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        DistanceWeighted(8, **options)  # type: ignore[arg-type]
