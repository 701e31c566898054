from __future__ import annotations

from itertools import chain, combinations, product

import numpy as np
import pytest

from gemel.errors import DataError
from gemel.evaluation import sample_episodes
from gemel.evaluation.parting import most_queries, parted
from gemel.randomness import numpy_generator


@pytest.mark.parametrize("tally", [[], [5], [1, 1, 1], [2, 4, 4], [3, 0, 7, 1], [9, 9]])
@pytest.mark.parametrize("shots", [1, 3, 5])
def test_the_most_queries_are_those_of_the_best_of_all_ways_to_part(tally: list[int], shots: int) -> None:
    subsets = chain.from_iterable(combinations(tally, size) for size in range(len(tally) + 1))
    expected = max((sum(tally) - sum(chosen) for chosen in subsets if sum(chosen) >= shots), default=0)
    assert most_queries(tally, shots) == expected
    assert most_queries(np.array(tally, np.int64), shots) == expected


def test_every_class_gets_what_it_needs_on_both_sides() -> None:
    tallies = np.array([[2, 4, 4, 0, 0], [3, 0, 0, 3, 3]])  # the first thing shows both classes

    def right(support: np.ndarray) -> bool:
        return all(tally[support].sum() >= 3 and tally[~support].sum() >= 2 for tally in tallies)

    seen = set()
    for draw in range(300):
        support = parted(numpy_generator(draw, "parted"), tallies, shots=3, queries=2)
        assert support is not None
        seen.add(tuple(support.tolist()))
    assert seen == {sides for sides in product([False, True], repeat=5) if right(np.array(sides))}


def test_what_cannot_be_parted_is_none() -> None:
    assert parted(numpy_generator(0, "parted"), np.array([[9, 0], [0, 9]]), shots=1, queries=1) is None


LABELS = np.repeat([0, 1, 4], 12)
THINGS = np.concatenate([np.arange(12) // 3, 3 + np.arange(12) // 4, 10 + np.arange(12)])  # thing 3 shows two classes


def test_no_thing_is_in_the_support_and_the_queries_of_an_episode() -> None:
    support, query = sample_episodes(LABELS, 3, 4, 3, 300, seed=0, item_groups=THINGS)
    assert support.shape == (300, 3, 4)
    assert query.shape == (300, 3, 3)
    for rows, others in zip(support, query, strict=True):
        assert not set(THINGS[rows].ravel()) & set(THINGS[others].ravel())
        assert (LABELS[rows] == LABELS[others][:, :1]).all()
        assert len(set(rows.ravel())) + len(set(others.ravel())) == 21
    assert set(support.ravel()) == set(query.ravel()) == set(range(36))
    again, other = (sample_episodes(LABELS, 3, 4, 3, 300, seed, item_groups=THINGS)[0] for seed in (0, 1))
    assert (support == again).all()
    assert (support != other).any()


def test_where_every_item_shows_its_own_thing_classes_need_no_more_than_before() -> None:
    support, query = sample_episodes(LABELS, 3, 6, 6, 20, seed=0, item_groups=np.arange(36))
    assert all(len(set(row)) == 12 for row in np.concatenate([support, query], axis=2).reshape(-1, 12))


def test_groups_keep_an_episode_s_classes_within_one() -> None:
    labels, things = np.repeat(np.arange(4), 4), np.tile([0, 0, 1, 1], 4) + 2 * np.repeat(np.arange(4), 4)
    support, _ = sample_episodes(labels, 2, 1, 1, 50, 0, groups=["a", "b", "b", "a"], item_groups=things)
    assert {tuple(sorted(classes)) for classes in labels[support][..., 0]} == {(0, 3), (1, 2)}


def test_too_few_things_are_told() -> None:
    with pytest.raises(DataError) as error:
        sample_episodes(LABELS, 3, 5, 5, 2, seed=0, item_groups=THINGS)
    assert str(error.value) == (
        "3 ways need 3 classes with 5 items for the support and 5 for queries that show other things, and 2 are there; "
        "lower ways, shots or queries."
    )
    with pytest.raises(DataError, match="and 0 are there"):
        sample_episodes(np.array([], int), 2, 1, 1, 3, seed=0, item_groups=np.array([], int))
    entangled = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])  # either thing shows both classes
    with pytest.raises(DataError, match="draws found no way to part"):
        sample_episodes(np.repeat([0, 1], 3), 2, 2, 1, 3, seed=0, item_groups=np.array([0, 0, 1, 0, 1, 1]))
    assert sample_episodes(entangled[0], 2, 1, 1, 3, seed=0, item_groups=entangled[1])[0].shape == (3, 2, 1)
