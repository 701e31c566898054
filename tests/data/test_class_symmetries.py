"""Turned and mirrored classes against NumPy's own turns and mirrors."""

from __future__ import annotations

import numpy as np
import pytest

from gemel.data import ClassFlips, ClassRotations, Dataset
from gemel.errors import DataError
from tests.data.test_dataset import dataset, everything


def test_rotations_make_four_times_the_classes() -> None:
    data = dataset()
    rotated = ClassRotations(data)
    assert rotated.classes[:4] == ("latin/A", "latin/B", "greek/A", "latin/A@90")
    assert rotated.groups == data.groups * 4
    assert [len(members) for members in rotated.by_class] == [2, 1, 3] * 4
    expected = np.concatenate([np.rot90(data.images, turn, (2, 3)) for turn in range(4)])
    assert np.array_equal(everything(rotated), expected)


def test_rotations_of_a_selection_and_selections_of_rotations() -> None:
    data = dataset()
    of_selection = ClassRotations(data.select([2])).select(["greek/A@270"])
    assert np.array_equal(everything(of_selection), np.rot90(data.images[[1, 4, 5]], 3, (2, 3)))
    assert np.array_equal(everything(ClassRotations(data).select([11])), everything(of_selection))


def test_rotations_of_rotations_add_up() -> None:
    data = dataset()
    twice = ClassRotations(ClassRotations(data).select(["latin/B@90"])).select(["latin/B@90@180"])
    assert np.array_equal(everything(twice), np.rot90(data.images[[2]], 3, (2, 3)))


def test_rotations_need_a_square() -> None:
    with pytest.raises(DataError, match="items of 4 x 5 pixels cannot be turned into classes; take a square size"):
        ClassRotations(dataset(4, 5))


def test_flips_make_twice_the_classes_of_any_shape() -> None:
    data = dataset(4, 5)
    flipped = ClassFlips(data)
    assert flipped.classes == (*data.classes, "latin/A@mirror", "latin/B@mirror", "greek/A@mirror")
    assert flipped.groups == data.groups * 2
    assert flipped.names == data.names * 2
    assert [len(members) for members in flipped.by_class] == [2, 1, 3] * 2
    assert np.array_equal(everything(flipped), np.concatenate([data.images, data.images[..., ::-1]]))


def turned(images: np.ndarray, turn: int, mirror: bool) -> np.ndarray:
    found = np.rot90(images, turn, (2, 3))
    return found[..., ::-1] if mirror else found


def test_rotations_and_flips_make_the_eight_symmetries_in_either_order() -> None:
    data = dataset()
    expected = {(turn, mirror): turned(data.images, turn, mirror) for turn in range(4) for mirror in (False, True)}
    assert len({image.tobytes() for image in expected.values()}) == 8
    first = everything(ClassFlips(ClassRotations(data))).numpy().reshape(2, 4, *data.images.shape)
    second = everything(ClassRotations(ClassFlips(data))).numpy().reshape(4, 2, *data.images.shape)
    for (turn, mirror), image in expected.items():
        assert np.array_equal(first[int(mirror), turn], image)
        assert np.array_equal(second[turn, int(mirror)], np.rot90(turned(data.images, 0, mirror), turn, (2, 3)))


def test_flips_of_flips_are_the_items_themselves() -> None:
    data = dataset()
    twice = ClassFlips(ClassFlips(data).select(["latin/B@mirror"])).select(["latin/B@mirror@mirror"])
    assert np.array_equal(everything(twice), data.images[[2]])


def test_what_an_item_shows_is_the_same_in_the_mirror() -> None:
    data = dataset()
    grouped = Dataset(data.images, data.labels, data.names, data.classes, item_groups=np.arange(6) // 2)
    for copies in (ClassFlips(grouped), ClassRotations(grouped)):
        assert copies.item_groups is not None
        assert copies.item_groups.tolist() == grouped.item_groups.tolist() * (len(copies) // 6)  # type: ignore[union-attr]
