from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gemel.data.sources import Folder, Source, open_source
from gemel.errors import DataError
from tests.data.sources.made_up import PNG, skipped, write, zipped


@pytest.fixture(params=["folder", "zip"])
def source_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Source]:
    """Return a function that puts files into a folder or a zip, and opens it."""

    def build(*files: str) -> Source:
        if request.param == "zip":
            return open_source(zipped(tmp_path / "set.zip", dict.fromkeys(files, PNG)))
        (tmp_path / "set").mkdir()
        write(tmp_path / "set", *files)
        return open_source(tmp_path / "set")

    return build


def test_leaf_folders_are_classes_and_their_parents_groups(source_of: Callable[..., Source]) -> None:
    listing = source_of(
        "latin/a/2.png", "latin/a/1.png", "latin/b/1.PNG", "x/y/greek/alpha/1.png", "plain/1.png"
    ).listing
    assert listing.classes == ("latin/a", "latin/b", "plain", "x/y/greek/alpha")
    assert listing.groups == ("latin", "latin", "", "x/y/greek")
    assert listing.names[:3] == ("latin/a/1.png", "latin/a/2.png", "latin/b/1.PNG")
    assert listing.labels.tolist() == [0, 0, 1, 2, 3]
    assert listing.labels.dtype == np.int64


def test_a_folder_with_pictures_and_folders_is_a_class_as_well(source_of: Callable[..., Source]) -> None:
    assert source_of("a/1.png", "a/b/1.png").listing.classes == ("a", "a/b")


def test_every_extension_in_any_case(source_of: Callable[..., Source]) -> None:
    extensions = ["png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp", "pgm", "ppm", "pbm", "JPG", "Tiff"]
    assert len(source_of(*(f"a/{number}.{name}" for number, name in enumerate(extensions))).listing) == 13


def test_what_is_no_item_is_listed_with_the_reason(source_of: Callable[..., Source]) -> None:
    source = source_of("a/1.png", "a/notes.txt", "README", "top.png", "b/2.png", "b/model.pt")
    assert source.listing.names == ("a/1.png", "b/2.png")
    assert skipped(source) == {
        "README": "not a picture (no extension)",
        "a/notes.txt": "not a picture (.txt)",
        "b/model.pt": "not a picture (.pt)",
        "top.png": "not in a class folder",
    }


def test_clutter_is_passed_over(source_of: Callable[..., Source]) -> None:
    source = source_of("a/1.png", "a/.2.png", ".git/x.png", "__MACOSX/a/._1.png", "a/Thumbs.db", ".DS_Store")
    assert (source.listing.names, skipped(source)) == (("a/1.png",), {})


def test_a_mask_beside_its_image_is_no_item(source_of: Callable[..., Source]) -> None:
    source = source_of("a/1.jpg", "a/1.png", "a/2.JPG", "a/2.png", "a/3.png", "b/1.png")
    assert source.listing.names == ("a/1.jpg", "a/2.JPG", "a/3.png", "b/1.png")
    assert skipped(source) == {"a/1.png": "a mask of 1.jpg", "a/2.png": "a mask of 2.JPG"}


def test_names_of_all_kinds(source_of: Callable[..., Source]) -> None:
    names = (
        "a class with spaces/an item.png",
        "ΑΒΓ/日本語 ñ.png",
        "emoji 🦊/1 🦊.png",
        "a'b\"c/$(x);*.png",
        "l\ni/n\ne.png",
    )
    source = source_of(*names)
    assert set(source.listing.names) == set(names)
    assert all(source.image(index).size == (12, 10) for index in range(5))


def test_pictures_at_the_top_alone(source_of: Callable[..., Source]) -> None:
    with pytest.raises(DataError, match="has 2 pictures at its top and no class folders; expected a folder a class"):
        _ = source_of("1.png", "2.png").listing


def test_nothing_to_read(source_of: Callable[..., Source]) -> None:
    with pytest.raises(DataError, match=r"holds no pictures \(1 other files\); expected a folder a class"):
        _ = source_of("a/notes.txt").listing


def test_an_empty_folder_and_an_empty_zip(source_of: Callable[..., Source]) -> None:
    with pytest.raises(DataError, match="holds no pictures"):
        _ = source_of().listing


def test_one_class_of_one_item_is_listed(source_of: Callable[..., Source]) -> None:
    assert source_of("a/1.png").listing.classes == ("a",)


def test_a_folder_of_zips_points_to_them(tmp_path: Path) -> None:
    write(tmp_path, "set.zip", "SOURCE.txt")
    with pytest.raises(DataError, match=r"it holds set\.zip: give that path"):
        _ = Folder(tmp_path).listing
