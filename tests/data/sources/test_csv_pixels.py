from pathlib import Path

import numpy as np
import pytest

from gemel.data.sources import CsvPixels, open_source
from gemel.errors import DataError


def table(path: Path, rows: list[list[object]], pixels: int = 4) -> Path:
    header = ["label", *(f"pixel{number + 1}" for number in range(pixels))]
    path.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n")
    return path


def test_rows_are_pictures(tmp_path: Path) -> None:
    source = open_source(table(tmp_path / "digits.csv", [[3, 0, 1, 2, 255], [1, 9, 9, 9, 9]]))
    assert isinstance(source, CsvPixels)
    assert source.listing.classes == ("1", "3")
    assert np.asarray(source.image(0)).tolist() == [[0, 1], [2, 255]]


def test_garments_by_the_name(tmp_path: Path) -> None:
    assert CsvPixels(table(tmp_path / "fashion-mnist_test.csv", [[7, 0, 0, 0, 0]])).listing.classes == ("sneaker",)


@pytest.mark.parametrize(
    ("rows", "pixels", "message"),
    [
        ([[1, 2, 3, 4]], 3, "3 pixel columns; expected a square number"),
        ([], 4, "holds no rows below its header"),
        ([[1, 2, 3, 4, 256]], 4, "every value must be a whole number in 0 ... 255"),
        ([[1, 2, 3, 4, -1]], 4, "every value must be a whole number in 0 ... 255"),
        ([[1, 2, 3, 4, "x"]], 4, "every value must be a whole number in 0 ... 255"),
        ([[1, 2, 3, 4, 0.5]], 4, "every value must be a whole number in 0 ... 255"),
        ([[1, 2, 3]], 4, "its rows have 3 values under 5 column names"),
        ([[1, 2, 3, 4, 5], [1, 2]], 4, "every value must be a whole number in 0 ... 255"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, rows: list[list[object]], pixels: int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        _ = open_source(table(tmp_path / "x.csv", rows, pixels)).listing
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
