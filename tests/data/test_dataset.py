import numpy as np
import pytest
import torch
from torch import Tensor

from gemel.data.dataset import Dataset
from gemel.errors import DataError
from gemel.randomness import numpy_generator

LABELS = np.array([0, 2, 1, 0, 2, 2])


def dataset(height: int = 4, width: int = 4) -> Dataset:
    images = numpy_generator(0, "images").integers(0, 256, (6, 3, height, width), dtype=np.uint8)
    return Dataset(images, LABELS, tuple("abcdef"), ("latin/A", "latin/B", "greek/A"))


def everything(data: Dataset) -> Tensor:
    return data.items(torch.arange(len(data)))


def test_items_are_the_pixels() -> None:
    data = dataset()
    items = data.items(torch.tensor([3, 0, 3]))
    assert items.dtype == torch.uint8
    assert np.array_equal(items, data.images[[3, 0, 3]])


def test_items_of_no_index() -> None:
    assert dataset().items(torch.zeros(0, dtype=torch.int64)).shape == (0, 3, 4, 4)


def test_items_of_a_memory_map_may_be_written_to(tmp_path: object) -> None:
    data = dataset()
    np.save(f"{tmp_path}/x.npy", data.images)
    mapped = Dataset(np.load(f"{tmp_path}/x.npy", mmap_mode="r"), LABELS, data.names, data.classes)
    items = everything(mapped)
    items += 1
    assert np.array_equal(mapped.images, data.images)


def test_groups_and_members() -> None:
    data = dataset()
    assert data.groups == ("latin", "latin", "greek")
    assert [members.tolist() for members in data.by_class] == [[0, 3], [2], [1, 4, 5]]
    assert data.item_shape == (3, 4, 4)


def test_select_by_position_or_path() -> None:
    chosen = dataset().select(["greek/A", 0])
    assert chosen.classes == ("greek/A", "latin/A")
    assert chosen.names == ("b", "e", "f", "a", "d")
    assert chosen.labels.tolist() == [0, 0, 0, 1, 1]
    assert np.array_equal(everything(chosen), dataset().images[[1, 4, 5, 0, 3]])


def test_select_shares_the_pixels_and_nests() -> None:
    data = dataset()
    nested = data.select([2, 0]).select(["latin/A"])
    assert nested.images is data.images
    assert np.array_equal(everything(nested), data.images[[0, 3]])


def test_a_class_without_items_keeps_its_place() -> None:
    empty = Dataset(dataset().images, np.array([0, 0, 2, 2, 2, 2]), tuple("abcdef"), ("a", "b", "c"))
    assert [len(members) for members in empty.by_class] == [2, 0, 4]
    assert len(empty.select([1])) == 0
    assert len(empty.select([])) == 0


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["latin/C"], "Unknown class 'latin/C'. Did you mean 'latin/"),
        ([3], "class 3 is out of range; there are 3, from 0"),
        ([-1], "class -1 is out of range; there are 3, from 0"),
        ([0, "latin/A"], "a class is selected twice; name each once"),
    ],
)
def test_select_refuses(classes: list[int | str], message: str) -> None:
    with pytest.raises(DataError) as caught:
        dataset().select(classes)
    assert str(caught.value).startswith(message)
