import struct
from pathlib import Path

import numpy as np
import pytest

from gemel.data.sources import Digits, IdxImages, open_source
from gemel.errors import DataError
from tests.data.sources.made_up import idx, idx_folder, packed


def test_both_parts(tmp_path: Path) -> None:
    source = open_source(idx_folder(tmp_path / "fashion-mnist", {"train": [9, 7, 9], "t10k": [0]}))
    assert isinstance(source, IdxImages)
    assert source.listing.classes == ("test/t-shirt", "train/ankle-boot", "train/sneaker")
    assert source.listing.groups == ("test", "train", "train")
    assert source.listing.names[1] == "train/sneaker/00001"
    assert np.asarray(source.image(1)).tolist() == [[6, 7, 8], [9, 10, 11]]
    assert np.asarray(source.image(3)).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_one_part_of_digits(tmp_path: Path) -> None:
    assert IdxImages(idx_folder(tmp_path / "mnist", {"t10k": [4, 4]})).listing.classes == ("test/4",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x" * 100,
        packed(b""),
        packed(b"x" * 100),
        packed(idx(np.zeros((3, 2, 3), np.uint8)))[:-12],
        packed(idx(np.zeros((3, 2, 3), np.uint8))[:-1]),
        packed(idx(np.zeros((3, 2, 3), np.uint8)) + b"x"),
        packed(struct.pack(">4I", 0x803, 2**31, 2**31, 2**31)),
        packed(idx(np.zeros((4, 2, 3), np.uint8))),
        packed(idx(np.zeros((0, 2, 3), np.uint8))),
    ],
)
def test_damaged(tmp_path: Path, content: bytes) -> None:
    folder = idx_folder(tmp_path / "mnist", {"train": [1, 2, 3]})
    (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match="mnist"):
        _ = IdxImages(folder).listing


def test_labels_missing(tmp_path: Path) -> None:
    folder = idx_folder(tmp_path / "mnist", {"train": [1, 2, 3]})
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz is missing"):
        _ = IdxImages(folder).listing


def test_digits() -> None:
    source = open_source("digits")
    assert isinstance(source, Digits)
    assert len(source.listing) == 1797
    assert source.listing.classes == tuple(f"digit/{label}" for label in range(10))
    assert set(source.listing.groups) == {"digit"}
    assert (source.images.min(), source.images.max()) == (0, 255)
    assert source.image(5).size == (8, 8)
