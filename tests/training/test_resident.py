"""Items in a device's memory are those of the data set."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gemel.data import ClassFlips, ClassRotations, Dataset
from gemel.randomness import numpy_generator
from gemel.training import resident
from gemel.training.resident import Resident, fetcher


def data() -> Dataset:
    images = numpy_generator(0, "resident").integers(0, 256, (12, 3, 6, 6), dtype=np.uint8)
    labels = np.repeat(np.arange(4), 3)
    return Dataset(images, labels, tuple(map(str, range(12))), ("a", "b", "c", "d"))


@pytest.mark.parametrize(
    "chosen", [data(), data().select(["d", "b"]), ClassFlips(ClassRotations(data().select(["c", "a"])))]
)
def test_the_items_are_the_data_sets(chosen: Dataset) -> None:
    indices = torch.tensor([len(chosen) - 1, 0, 3, 3])
    assert torch.equal(Resident(chosen, torch.device("cpu")).items(indices), chosen.items(indices))


def test_only_what_is_used_is_copied() -> None:
    assert Resident(ClassRotations(data().select(["b"])), torch.device("cpu")).pixels.shape == (3, 3, 6, 6)


def test_the_cpu_and_what_is_too_large_read_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(resident, "Resident", never)
    indices = torch.tensor([2, 1])
    assert torch.equal(fetcher(data(), torch.device("cpu"))(indices), data().items(indices))
    with pytest.raises(AssertionError):
        fetcher(data(), torch.device("meta"))
    monkeypatch.setattr(resident, "MOST_BYTES", 10)
    assert fetcher(data(), torch.device("meta"))(indices).shape == (2, 3, 6, 6)
