import numpy as np
import pytest

from gemel.errors import DataError
from gemel.evaluation import sample_episodes
from gemel.evaluation.sampling import Partition, distinct
from gemel.randomness import numpy_generator

LABELS = np.repeat([0, 1, 2, 3, 5, 9], [6, 4, 7, 5, 6, 4])
OFFICES = ["a", "a", "a", "b", "?", "b", "?", "?", "?", "b"]


def test_episodes_hold_distinct_classes_and_distinct_items():
    support, query = sample_episodes(LABELS, 4, 2, 2, 300, seed=0)
    assert support.shape == query.shape == (300, 4, 2)
    for rows in np.concatenate([support, query], axis=2):
        classes = LABELS[rows]
        assert (classes == classes[:, :1]).all()
        assert len(set(classes[:, 0])) == 4
        assert len(set(rows.ravel())) == rows.size


def test_every_class_and_every_item_is_reached_evenly_in_both_roles():
    support, query = sample_episodes(np.repeat(np.arange(7), 5), 3, 1, 2, 7000, seed=0)
    for drawn in (support, query):
        counts = np.bincount(drawn.ravel(), minlength=35)
        assert counts.min() > 0.8 * drawn.size / 35
        assert counts.max() < 1.2 * drawn.size / 35


def test_the_seed_decides():
    first, again, other = (sample_episodes(LABELS, 3, 1, 2, 5, seed)[0] for seed in (4, 4, 5))
    assert (first == again).all()
    assert (first != other).any()


def test_small_classes_are_left_out():
    support, _ = sample_episodes(LABELS, 4, 1, 4, 200, seed=0)
    assert set(LABELS[support].ravel()) == {0, 2, 3, 5}


def test_groups_keep_an_episode_within_one():
    support, _ = sample_episodes(LABELS, 3, 1, 1, 200, seed=0, groups=OFFICES)
    drawn = {tuple(sorted(classes)) for classes in LABELS[support][..., 0]}
    assert drawn == {(0, 1, 2), (3, 5, 9)}


def test_writers_differ_between_support_and_query():
    labels, writers = np.repeat(np.arange(6), 8), np.tile(["Ann", "Bob", "Cy", "Di"], 12)  # each made two of each class
    support, query = sample_episodes(labels, 3, 2, 1, 300, seed=0, item_writers=writers)
    seen = set()
    for rows, others in zip(support, query, strict=True):
        by, of = set(writers[rows].ravel()), set(writers[others].ravel())
        assert len(by) == len(of) == 1
        assert by != of
        seen.add((by.pop(), of.pop()))
    assert len(seen) == 12
    assert (labels[support] == labels[query]).all()


def test_a_writer_who_lacks_a_class_is_left_out_within_its_group_only():
    labels, writers = np.repeat(np.arange(6), 3), np.tile([0, 1, 2], 6)
    keep = ~((labels == 5) & (writers == 0))
    labels, writers = labels[keep], writers[keep]
    support, query = sample_episodes(labels, 3, 1, 1, 300, 0, groups=list("aaabbb"), item_writers=writers)
    second = labels[support[:, 0, 0]] >= 3
    assert 0 not in writers[np.concatenate([support, query], axis=2)[second]]
    assert 0 in writers[support[~second]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ways": 7}, "7 ways need 7 classes of 2 items or more (1 shots, 1 queries), and 6 are there"),
        ({"ways": 3, "queries": 6}, "and 1 are there (the largest class has 7 items); lower ways, shots or queries."),
        (
            {"ways": 4, "groups": OFFICES},
            "4 ways need 4 classes of 2 items or more (1 shots, 1 queries), and 3 are there",
        ),
        ({"ways": 1}, "ways is 1; at least 2 is expected."),
        ({"shots": 0}, "shots is 0; at least 1 is expected."),
        ({"groups": ["a"]}, "There are 1 groups for classes up to number 9; one a class is expected."),
        ({"item_writers": np.zeros(32)}, "need 2 who made 1 items of every class, and 1 did"),
    ],
)
def test_too_little_is_told(options, message):
    settings = {"ways": 2, "shots": 1, "queries": 1, "episodes": 3, "seed": 0, **options}
    with pytest.raises(DataError) as caught:
        sample_episodes(LABELS, **settings)
    assert message in str(caught.value)


@pytest.mark.parametrize("writers", [None, np.array([])])
def test_no_items_at_all_is_told(writers):
    with pytest.raises(DataError, match="lower"):
        sample_episodes(np.array([], dtype=int), 2, 1, 1, 3, seed=0, item_writers=writers)


def test_distinct_draws_every_ordered_set_equally_often():
    drawn = distinct(numpy_generator(0, "distinct"), np.full(24_000, 4), 3)
    sets, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(sets) == 24
    assert 850 < counts.min() <= counts.max() < 1150


def test_partition_lists_members_by_key():
    partition = Partition.by(np.array([7, 2, 7, 2, 5]))
    assert partition.keys.tolist() == [2, 5, 7]
    assert partition.members.tolist() == [1, 3, 4, 0, 2]
    assert partition.starts.tolist() == [0, 2, 3]
    assert partition.sizes.tolist() == [2, 1, 2]
