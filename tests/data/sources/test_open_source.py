from pathlib import Path

import pytest

from gemel.data.sources import Glyphs, open_source
from gemel.errors import DataError, RecipeError
from tests.data.pictures import class_folders
from tests.data.sources.made_up import PNG, idx_folder, write, zipped


def test_glyphs_take_options() -> None:
    source = open_source("glyphs", alphabets=2, characters=3, writers=4, size=16)
    assert isinstance(source, Glyphs)
    assert len(source.listing) == 24


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        (
            "glyphs",
            {"alphabet": 2},
            "Unknown option 'alphabet' of the data set 'glyphs'. Did you mean 'alphabets'?",
        ),
        ("glyphs", {"alphabets": 0}, "data set 'glyphs': glyphs: alphabets must be 1 ... 9999, not 0."),
        ("digits", {"size": 8}, "Unknown option 'size' of the data set 'digits'. It has none."),
    ],
)
def test_options_are_checked(spec: str, options: dict[str, int], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        open_source(spec, **options)
    assert str(caught.value) == message


def test_paths_take_no_options(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="Unknown option 'size'"):
        open_source(tmp_path, size=8)


@pytest.mark.parametrize("spec", ["omniglt", "./absent/folder", "x" * 5000, "null\0", ""])
def test_neither_path_nor_name(spec: str) -> None:
    with pytest.raises(DataError, match="neither a path that exists nor a data set's name"):
        open_source(spec)


def test_did_you_mean() -> None:
    with pytest.raises(DataError, match="Did you mean 'omniglot'"):
        open_source("omniglt")


def test_a_file_of_no_known_kind(tmp_path: Path) -> None:
    write(tmp_path, "1.png")
    with pytest.raises(DataError, match="is no data set; expected a folder of class folders, a zip of them, or a CSV"):
        open_source(tmp_path / "1.png")


def test_a_path_that_exists_comes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_folders(tmp_path / "digits", {"mine": 1})
    monkeypatch.chdir(tmp_path)
    assert open_source("digits").listing.classes == ("mine",)


def test_omniglot_as_one_zip_or_as_the_official_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match=r"'omniglot' is not here; run `gemel data get omniglot`, or put omniglot\.zip"):
        open_source("omniglot")
    (tmp_path / "cache/omniglot").mkdir(parents=True)
    for part in ("background", "evaluation"):
        name = f"images_{part}"
        zipped(tmp_path / f"cache/omniglot/{name}.zip", {f"{name}/Latin/character01/1.png": PNG})
    classes = ("images_background/Latin/character01", "images_evaluation/Latin/character01")
    assert open_source("omniglot").listing.classes == classes
    (tmp_path / "data/omniglot").mkdir(parents=True)
    zipped(tmp_path / "data/omniglot/omniglot.zip", {"one/a/1.png": PNG})
    assert open_source("omniglot").listing.classes == ("one/a",)


def test_fashion_mnist_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path))
    idx_folder(tmp_path / "fashion_mnist", {"train": [7]})
    assert open_source("fashion_mnist").listing.classes == ("train/sneaker",)


def test_a_set_without_download_says_what_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path))
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError) as caught:
        open_source("att_faces")
    assert str(caught.value) == (
        f"the data set 'att_faces' is not here; put att_faces.zip into {tmp_path / 'att_faces'} or "
        f"{tmp_path / 'cache/att_faces'} (GEMEL_DATA says where)"
    )
