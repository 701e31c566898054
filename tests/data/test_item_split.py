from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.data import split_item_groups
from gemel.errors import DataError

CLASSES = ("crack", "free", "uneven")
GROUPS = np.repeat(np.arange(60), 4)
LABELS = np.where(np.arange(240) % 8 == 0, 2, GROUPS % 2)  # a rare class besides, on things of another


@given(seed=st.integers(0, 2**40), validation=st.sampled_from([0.0, 0.1, 0.25]), test=st.sampled_from([0.0, 0.2, 0.4]))
def test_groups_stay_whole_and_every_part_has_its_share_of_every_class(
    seed: int, validation: float, test: float
) -> None:
    split = split_item_groups(CLASSES, LABELS, GROUPS, validation, test, seed)
    parts = [np.array(part, np.int64) for part in (split.train, split.validation, split.test)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(240))
    assert sum(len(np.unique(GROUPS[part])) for part in parts) == 60
    for part, share in zip(parts, (1 - validation - test, validation, test), strict=True):
        assert part.tolist() == sorted(part.tolist())
        portions = np.bincount(LABELS[part], minlength=3) / np.bincount(LABELS)
        assert np.abs(portions - share).max() < 0.1
    assert split == split_item_groups(CLASSES, LABELS, GROUPS, validation, test, seed)


def test_another_seed_another_choice() -> None:
    assert len({split_item_groups(CLASSES, LABELS, GROUPS, seed=seed).test for seed in range(10)}) == 10


def test_a_large_thing_is_placed_before_small_ones() -> None:
    groups = np.repeat([0, 1, 2, 3], [5, 1, 2, 2])
    split = split_item_groups("a", np.zeros(10, np.int64), groups, validation=0.2, test=0.3)
    assert split.train == (0, 1, 2, 3, 4)
    assert sorted(map(len, (split.validation, split.test))) == [2, 3]


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [
        (0.5, 0.5, "the validation share is 0.5 and the test share 0.5; together, less than 1"),
        (-0.1, 0.5, "the validation share is -0.1 and the test share 0.5; together, less than 1"),
    ],
)
def test_shares_out_of_range_are_refused(validation: float, test: float, message: str) -> None:
    with pytest.raises(DataError) as error:
        split_item_groups(CLASSES, LABELS, GROUPS, validation, test)
    assert str(error.value) == message


def test_a_class_of_too_few_things_is_named() -> None:
    with pytest.raises(DataError) as error:
        split_item_groups("ab", np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 3, 3, 4]), 0.3, 0.3)
    assert str(error.value) == (
        "the class 'b' has 2 item group(s), and none is left for the test part; add items of other things, or set "
        "validation or test to 0"
    )
