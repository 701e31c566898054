"""Data sets that are known by name, and where their files are looked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from gemel.data.cache import data_folders
from gemel.data.sources.archive import ZipArchive
from gemel.data.sources.digits import Digits
from gemel.data.sources.glyphs import Glyphs
from gemel.data.sources.idx import IdxImages, has_idx_files
from gemel.data.sources.source import Source
from gemel.errors import DataError

#: Omniglot as one zip, or as the two official ones.
_OMNIGLOT = (("omniglot.zip",), ("images_background.zip", "images_evaluation.zip"))

#: Where Debian's package dataset-fashion-mnist puts the files.
_DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")

DOWNLOADS = ("omniglot", "fashion_mnist")


def omniglot() -> Source:
    """Return Omniglot (Lake et al. 2015), both parts: "images_background/Latin/character01".

    Raises:
        DataError: its zips are not there.
    """
    return zipped("omniglot", _OMNIGLOT)


def fashion_mnist() -> Source:
    """Return Fashion-MNIST (Xiao et al. 2017) from its four idx.gz files: "train/sneaker", "test/sneaker".

    Raises:
        DataError: they are not there.
    """
    places = [folder / "fashion_mnist" for folder in data_folders()] + [_DEBIAN_FASHION]
    found = next((place for place in places if has_idx_files(place)), None)
    if found is None:
        raise absent("fashion_mnist", "train-images-idx3-ubyte.gz and the other three files")
    return IdxImages(found)


def zipped(name: str, choices: tuple[tuple[str, ...], ...]) -> Source:
    """Return the first choice of zips that are all in one folder of the data set's name.

    Raises:
        DataError: there is none.
    """
    for folder in data_folders():
        for choice in choices:
            paths = [folder / name / file for file in choice]
            if all(path.is_file() for path in paths):
                return ZipArchive(paths)
    raise absent(name, " or ".join(" and ".join(choice) for choice in choices))


def absent(name: str, files: str) -> DataError:
    """Return the error that says what to put where."""
    download = f"run `gemel data get {name}`, or " if name in DOWNLOADS else ""
    places = " or ".join(str(folder / name) for folder in data_folders())
    return DataError(f"the data set '{name}' is not here; {download}put {files} into {places} (GEMEL_DATA says where)")


def _one_zip(name: str) -> Callable[[], Source]:
    return partial(zipped, name, ((f"{name}.zip",),))


NAMED: dict[str, Callable[..., Source]] = {
    "omniglot": omniglot,
    "fashion_mnist": fashion_mnist,
    "digits": Digits,
    "glyphs": Glyphs,
    "att_faces": _one_zip("att_faces"),
    "signatures": _one_zip("signatures"),
    "magnetic_tile": _one_zip("magnetic_tile"),
    "tiny_imagenet": _one_zip("tiny_imagenet"),
}
