"""Lake's 20 official one-shot runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from gemel.data.cache import data_folders
from gemel.data.opening import decode
from gemel.data.sources.archive import open_zip, read_entry, why_refused
from gemel.errors import DataError

_FILE = "all_runs.zip"


@dataclass(frozen=True)
class OneShotRun:
    """One run: N training drawings, one a class, and N test drawings to be told apart by them.

    Attributes:
        name: "run01".
        training: the N drawings, one a class.
        test: the drawings to classify.
        answers: for each test drawing, the position of its class in ``training``.
    """

    name: str
    training: tuple[Image.Image, ...]
    test: tuple[Image.Image, ...]
    answers: tuple[int, ...]


def read_one_shot_runs(path: str | Path | None = None) -> list[OneShotRun]:
    """Return the runs in a zip of ``run01/{class_labels.txt,training/,test/}`` and so on, in order.

    Lake, Salakhutdinov & Tenenbaum (2015), "Human-level concept learning through probabilistic program induction".

    Args:
        path: the zip; by default ``omniglot/all_runs.zip`` under ``$GEMEL_DATA`` or the cache.

    Raises:
        DataError: the zip is absent, damaged, or not laid out so.
        InputError: a drawing cannot be read.
    """
    found = Path(path) if path is not None else _default_path()
    with open_zip(found) as archive:
        files = {info.filename: info for info in archive.infolist() if not why_refused(info)}
        lists = sorted(name for name in files if PurePosixPath(name).name == "class_labels.txt")
        if not lists:
            raise DataError(f"{found} holds no class_labels.txt; expected run01/class_labels.txt and so on")
        content = {name: read_entry(archive, files[name]) for name in files if not name.endswith("/")}
    return [_run(name, content) for name in lists]


def _run(labels: str, content: dict[str, bytes]) -> OneShotRun:
    """Return the run of a ``class_labels.txt`` with lines "run01/test/item01.png run01/training/class08.png"."""
    folder = labels.rpartition("/")[0]
    above = folder.rpartition("/")[0]  # the lines' paths begin with the run's own folder
    pairs = [line.split() for line in content[labels].decode(errors="replace").splitlines() if line.strip()]
    named = [[f"{above}/{name}".lstrip("/") for name in pair] for pair in pairs]
    missing = [name for pair in named for name in pair if name not in content]
    if not pairs or missing or any(len(pair) != 2 for pair in pairs):
        raise DataError(f"{labels} does not name a test and a training drawing a line{_of(missing)}")
    training = sorted({answer for _, answer in named})
    pictures = {name: decode(content[name], name) for pair in named for name in pair}
    return OneShotRun(
        name=folder.rpartition("/")[2],
        training=tuple(pictures[name] for name in training),
        test=tuple(pictures[name] for name, _ in named),
        answers=tuple(training.index(answer) for _, answer in named),
    )


def _of(missing: list[str]) -> str:
    return f"; there is no {missing[0]}" if missing else ""


def _default_path() -> Path:
    places = [folder / "omniglot" / _FILE for folder in data_folders()]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        advice = " or ".join(str(place) for place in places)
        raise DataError(f"the one-shot runs are not here; run `gemel data get omniglot`, or put {_FILE} at {advice}")
    return found
