from __future__ import annotations

import numpy as np
import pytest

from gemel.data import item_groups
from gemel.errors import DataError, RecipeError

FRAMES = ("crack/exp1_num_100.jpg", "free/exp2_num_7.jpg", "crack/exp2_num_130.jpg", "break/exp3_num_160.jpg")


def test_what_is_bracketed_names_the_thing() -> None:
    names = ("cats/sheet07_a.png", "dogs/sheet07_b.png", "dogs/sheet8_b.png", "cats/sheet8_a.png")
    assert item_groups(names, r"sheet(\d+)").tolist() == [0, 0, 1, 1]
    assert item_groups(names, r"sheet\d+").tolist() == [0, 0, 1, 1]
    assert item_groups(names, r"^(\w+)/sheet(\d+)").tolist() == [0, 2, 3, 1]
    assert item_groups(names, r"sheet(07)?").tolist() == [1, 1, 0, 0]


def test_numbers_near_one_another_are_one_thing_in_a_chain() -> None:
    assert item_groups(FRAMES, r"num_(\d+)").tolist() == [0, 3, 1, 2]
    assert item_groups(FRAMES, r"num_(\d+)", gap=29).tolist() == [1, 0, 2, 3]
    assert item_groups(FRAMES, r"num_(\d+)", gap=30).tolist() == [1, 0, 1, 1]
    assert item_groups(FRAMES, r"num_(\d+)", gap=93).tolist() == [0, 0, 0, 0]


def test_no_items_have_no_groups() -> None:
    assert len(item_groups((), "x", gap=3)) == 0


def test_numbers_are_compared_as_numbers() -> None:
    assert item_groups(("a/9", "a/010", "a/11"), r"/(\d+)", gap=1).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "pattern", "gap", "message"),
    [
        (RecipeError, "num_(", 0, "data.item_groups is 'num_(', which is no regular expression ("),
        (DataError, "exp2", 0, "'crack/exp1_num_100.jpg' tells no item group: data.item_groups 'exp2' is not in it"),
        (
            DataError,
            "num_",
            5,
            "data.item_gap needs a number from each name, and 'crack/exp1_num_100.jpg' gives 'num_'",
        ),
    ],
)
def test_what_tells_nothing_is_refused(kind: type[Exception], pattern: str, gap: int, message: str) -> None:
    with pytest.raises(kind) as error:
        item_groups(FRAMES, pattern, gap)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_every_number_stays_with_its_neighbours() -> None:
    numbers = np.random.default_rng(0).integers(0, 3000, 200)
    groups = item_groups([f"n{number}" for number in numbers], r"\d+", gap=12)
    order = np.argsort(numbers, kind="stable")
    joined = np.diff(groups[order]) == 0
    assert (joined == (np.diff(numbers[order]) <= 12)).all()
