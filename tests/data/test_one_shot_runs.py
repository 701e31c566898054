import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gemel.data.one_shot_runs import read_one_shot_runs
from gemel.errors import DataError, InputError
from tests.data.pictures import encoded, noise


def runs(path: Path, **changes: bytes | None) -> Path:
    """Write two runs of three classes, item i of class 4 - i; a change replaces a file, or leaves it out."""
    files: dict[str, bytes] = {}
    for run in ("run01", "run02"):
        lines = [f"{run}/test/item{item:02d}.png {run}/training/class{4 - item:02d}.png" for item in (1, 2, 3)]
        files[f"{run}/class_labels.txt"] = "\n".join(lines).encode()
        for number in (1, 2, 3):
            files[f"{run}/test/item{number:02d}.png"] = encoded(noise(seed=number))
            files[f"{run}/training/class{number:02d}.png"] = encoded(noise(seed=10 + number))
    files |= changes
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return path


def test_drawings_and_answers(tmp_path: Path) -> None:
    first, second = read_one_shot_runs(runs(tmp_path / "all_runs.zip"))
    assert (first.name, second.name) == ("run01", "run02")
    assert first.answers == (2, 1, 0)
    assert [np.asarray(image).tolist() for image in first.test] == [
        np.asarray(noise(seed=number)).tolist() for number in (1, 2, 3)
    ]
    assert np.array_equal(np.asarray(first.training[0]), np.asarray(noise(seed=11)))


def test_within_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(runs(tmp_path / "x.zip")) as flat, zipfile.ZipFile(tmp_path / "deep.zip", "w") as deep:
        for name in flat.namelist():
            deep.writestr(f"all_runs/{name}", flat.read(name))
    assert [run.answers for run in read_one_shot_runs(tmp_path / "deep.zip")] == [(2, 1, 0)] * 2


def test_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path))
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(
        DataError, match=r"the one-shot runs are not here; run `gemel data get omniglot`, or put all_runs"
    ):
        read_one_shot_runs()
    (tmp_path / "omniglot").mkdir()
    runs(tmp_path / "omniglot/all_runs.zip")
    assert len(read_one_shot_runs()) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run01/test/item02.png": None}, "drawing a line; there is no run01/test/item02.png"),
        ({"run01/class_labels.txt": b""}, "does not name a test and a training drawing a line"),
        ({"run01/class_labels.txt": b"\xff\xfe one two three"}, "does not name a test and a training drawing a line"),
        ({"run01/class_labels.txt": None, "run02/class_labels.txt": None}, "holds no class_labels.txt"),
    ],
)
def test_refused(tmp_path: Path, change: dict[str, bytes | None], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_one_shot_runs(runs(tmp_path / "x.zip", **change))
    assert message in str(caught.value)


def test_a_damaged_drawing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run01/test/item02\.png is not a picture"):
        read_one_shot_runs(runs(tmp_path / "x.zip", **{"run01/test/item02.png": b"text"}))


@pytest.mark.slow
def test_the_official_runs(real_data: Callable[[str], Path]) -> None:
    official = read_one_shot_runs(real_data("omniglot/all_runs.zip"))
    assert len(official) == 20
    assert all(len(run.training) == len(run.test) == 20 for run in official)
    assert all(sorted(run.answers) == list(range(20)) for run in official)
    assert {image.size for run in official for image in run.training + run.test} == {(105, 105)}
