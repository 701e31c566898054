import csv
import gzip
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gemel.data.sources import CsvList, CsvPixels, Digits, Folder, Glyphs, IdxImages, Source, ZipArchive, open_source
from gemel.errors import DataError, InputError, RecipeError
from tests.data.pictures import class_folders, encoded, noise

PNG = encoded(noise())


def write(root: Path, *files: str, content: bytes = PNG) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(content)


def zipped(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def skipped(source: Source) -> dict[str, str]:
    return {one.name: one.reason for one in source.listing.skipped}


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


class TestFolder:
    def test_links_pipes_and_loops(self, tmp_path: Path) -> None:
        write(tmp_path / "set", "a/1.png")
        write(tmp_path / "elsewhere", "1.png")
        (tmp_path / "set/linked").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "set/a/loop").symlink_to(tmp_path / "set")
        (tmp_path / "set/a/broken.png").symlink_to(tmp_path / "absent.png")
        os.mkfifo(tmp_path / "set/a/pipe.png")
        source = Folder(tmp_path / "set")
        assert source.listing.classes == ("a", "linked")
        assert skipped(source) == {
            "a/broken.png": "not a regular file (a broken link, a pipe or a device)",
            "a/loop/": "a link to a folder that is read already",
            "a/pipe.png": "not a regular file (a broken link, a pipe or a device)",
        }

    def test_names_that_are_not_unicode(self, tmp_path: Path) -> None:
        folder = os.fsencode(tmp_path) + b"/set/caf\xe9"
        os.makedirs(folder)  # noqa: PTH103 - a path of bytes
        Path(os.fsdecode(folder + b"/1.png")).write_bytes(PNG)
        source = Folder(tmp_path / "set")
        assert source.image(0).size == (12, 10)
        assert source.fingerprint

    def test_a_file_that_vanishes(self, tmp_path: Path) -> None:
        write(tmp_path, "a/1.png")
        source = Folder(tmp_path)
        assert len(source.listing) == 1
        (tmp_path / "a/1.png").unlink()
        with pytest.raises(InputError, match=r"a/1\.png cannot be read"):
            source.image(0)

    def test_absent(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="absent does not exist"):
            _ = Folder(tmp_path / "absent").listing

    def test_fingerprint_changes_with_the_files(self, tmp_path: Path) -> None:
        write(tmp_path, "a/1.png")
        former = Folder(tmp_path).fingerprint
        assert Folder(tmp_path).fingerprint == former
        write(tmp_path, "a/2.png")
        assert Folder(tmp_path).fingerprint != former


class TestZip:
    @pytest.mark.parametrize(
        "name", ["../a/1.png", "a/../../1.png", "/etc/1.png", "C:/a/1.png", "..\\a\\1.png", "\\a\\1.png"]
    )
    def test_unsafe_names(self, tmp_path: Path, name: str) -> None:
        source = ZipArchive(zipped(tmp_path / "x.zip", {"good/1.png": PNG, name: PNG}))
        assert source.listing.names == ("good/1.png",)
        assert skipped(source) == {name.replace("\\", "/"): "an unsafe name"}

    def test_backslashes_between_folders(self, tmp_path: Path) -> None:
        assert ZipArchive(zipped(tmp_path / "x.zip", {"a\\1.png": PNG})).listing.names == ("a/1.png",)

    def test_a_bomb_by_its_ratio(self, tmp_path: Path) -> None:
        files = {"a/1.png": PNG, "a/bomb.png": bytes(11_000_000)}
        source = ZipArchive(zipped(tmp_path / "x.zip", files, zipfile.ZIP_DEFLATED))
        assert source.listing.names == ("a/1.png",)
        assert skipped(source) == {"a/bomb.png": "suspicious: unpacks to more than 200 times its stored size"}

    def test_a_bomb_by_its_size(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", {"a/1.png": PNG, "a/2.png": PNG})
        content = bytearray(path.read_bytes())
        second = content.rindex(b"PK\x01\x02")
        content[second + 20 : second + 28] = struct.pack("<II", 200_000_000, 300_000_000)
        path.write_bytes(content)
        assert skipped(ZipArchive(path)) == {"a/2.png": "too large: unpacks to 300 MB, at most 200 MB"}

    def test_a_bomb_that_lies_about_its_size_unpacks_no_further(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", {"a/1.png": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
        content = bytearray(path.read_bytes())
        entry = content.rindex(b"PK\x01\x02")
        content[entry + 24 : entry + 28] = struct.pack("<I", 1000)
        path.write_bytes(content)
        source = ZipArchive(path)
        assert len(source.listing) == 1
        tracemalloc.start()
        with pytest.raises(InputError, match=r"a/1\.png cannot be unpacked from the zip \(Bad CRC-32"):
            source.image(0)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()

    def test_encrypted(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", {"a/1.png": PNG, "a/2.png": PNG})
        content = bytearray(path.read_bytes())
        content[content.rindex(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(content)
        assert skipped(ZipArchive(path)) == {"a/2.png": "encrypted"}

    def test_links(self, tmp_path: Path) -> None:
        link = zipfile.ZipInfo("a/2.png")
        link.external_attr = 0o120777 << 16
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("a/1.png", PNG)
            archive.writestr(link, "/etc/passwd")
        assert skipped(ZipArchive(tmp_path / "x.zip")) == {"a/2.png": "a link"}

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_duplicated_names(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("a/1.png", PNG)
            archive.writestr("a/1.png", encoded(noise((5, 5))))
        source = ZipArchive(tmp_path / "x.zip")
        assert skipped(source) == {"a/1.png": "a second file of the same name"}
        assert source.image(0).size == (12, 10)

    def test_a_damaged_entry(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", {"a/1.png": PNG})
        content = bytearray(path.read_bytes())
        content[60] ^= 255
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a/1\.png cannot be unpacked from the zip \(Bad CRC-32"):
            ZipArchive(path).image(0)

    def test_other_methods_than_store_and_deflate(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("a/1.png", PNG, zipfile.ZIP_DEFLATED)
            archive.writestr("a/2.png", PNG, zipfile.ZIP_LZMA)
            archive.writestr("a/3.png", PNG, zipfile.ZIP_BZIP2)
        reason = "packed by a method other than store and deflate"
        assert skipped(ZipArchive(tmp_path / "x.zip")) == {"a/2.png": reason, "a/3.png": reason}

    @pytest.mark.parametrize("content", [b"", b"not a zip", PNG, b"PK\x05\x06" + b"\xff" * 18])
    def test_not_a_zip(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(DataError, match="is not a zip, or a damaged one"):
            _ = ZipArchive(tmp_path / "x.zip").listing

    def test_a_zip_cut_short(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", {f"a/{number}.png": PNG for number in range(20)})
        path.write_bytes(path.read_bytes()[:-300])
        with pytest.raises(DataError, match="is not a zip, or a damaged one"):
            _ = ZipArchive(path).listing

    def test_several_count_as_one(self, tmp_path: Path) -> None:
        first = zipped(tmp_path / "1.zip", {"a/x/1.png": PNG})
        second = zipped(tmp_path / "2.zip", {"b/y/1.png": encoded(noise((5, 6)))})
        source = ZipArchive([first, second])
        assert source.listing.classes == ("a/x", "b/y")
        assert source.image(1).size == (5, 6)

    def test_fingerprint_is_of_the_content_not_the_place(self, tmp_path: Path) -> None:
        first, second = (zipped(tmp_path / name, {"a/1.png": PNG}) for name in ("1.zip", "2.zip"))
        other = zipped(tmp_path / "3.zip", {"a/1.png": encoded(noise(seed=1))})
        assert ZipArchive(first).fingerprint == ZipArchive(second).fingerprint != ZipArchive(other).fingerprint


class TestCsvList:
    def test_paths_labels_groups(self, tmp_path: Path) -> None:
        write(tmp_path, "pictures/1.png", "pictures/a b.png", "2.png")
        (tmp_path / "list.csv").write_text(
            "path,label,group\npictures/1.png,A,latin\n2.png,B,latin\npictures/a b.png,A,latin\n", encoding="utf-8-sig"
        )
        source = open_source(tmp_path / "list.csv")
        assert isinstance(source, CsvList)
        assert source.listing.classes == ("latin/A", "latin/B")
        assert source.listing.labels.tolist() == [0, 1, 0]
        assert source.image(2).size == (12, 10)
        assert source.fingerprint == CsvList(tmp_path / "list.csv").fingerprint

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_delimiters(self, tmp_path: Path, delimiter: str) -> None:
        write(tmp_path, "1.png")
        with (tmp_path / "list.csv").open("w", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows([["Label", " Path"], ["a;b,c\td", "1.png"]])
        assert CsvList(tmp_path / "list.csv").listing.classes == ("a;b,c\td",)

    def test_rows_left_out(self, tmp_path: Path) -> None:
        write(tmp_path, "1.png")
        (tmp_path / "list.csv").write_text("path,label\n1.png,a\n1.png,b\nabsent.png,a\n,a\n2.png\n\n../x.png,a\n")
        assert skipped(CsvList(tmp_path / "list.csv")) == {
            "1.png": "listed twice",
            "absent.png": "no such file",
            "line 5": "no path",
            "2.png": "no label",
            "../x.png": "no such file",
        }

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"pth,label\n1.png,a\n", "has no column 'path'. Did you mean 'pth'?"),
            (b"path,labels\n1.png,a\n", "has no column 'label'. Did you mean 'labels'?"),
            (b"", "does not begin with a line of column names, such as path,label"),
            (b"\n\n", "does not begin with a line of column names, such as path,label"),
            (b"path,label\n", "lists no picture that is there (0 rows left out)"),
            (
                b"path,label\nx.png,a\n",
                "lists no picture that is there (1 rows left out; the first: x.png: no such file)",
            ),
            (b"path,label\nx\xff.png,a\n", "is not a UTF-8 text; save it as CSV in UTF-8"),
            (b"\x89PNG\xff\xfe\x00", "is not a UTF-8 text; save it as CSV in UTF-8"),
            (b'path,label\n"' + b"x" * 200_000 + b'",a\n', "line 2: field larger than field limit (131072)"),
        ],
    )
    def test_refused_in_one_line(self, tmp_path: Path, content: bytes, message: str) -> None:
        (tmp_path / "list.csv").write_bytes(content)
        with pytest.raises(DataError) as caught:
            _ = open_source(tmp_path / "list.csv").listing
        assert message in str(caught.value)


class TestCsvPixels:
    @staticmethod
    def table(path: Path, rows: list[list[object]], pixels: int = 4) -> Path:
        header = ["label", *(f"pixel{number + 1}" for number in range(pixels))]
        path.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n")
        return path

    def test_rows_are_pictures(self, tmp_path: Path) -> None:
        source = open_source(self.table(tmp_path / "digits.csv", [[3, 0, 1, 2, 255], [1, 9, 9, 9, 9]]))
        assert isinstance(source, CsvPixels)
        assert source.listing.classes == ("1", "3")
        assert np.asarray(source.image(0)).tolist() == [[0, 1], [2, 255]]

    def test_garments_by_the_name(self, tmp_path: Path) -> None:
        assert CsvPixels(self.table(tmp_path / "fashion-mnist_test.csv", [[7, 0, 0, 0, 0]])).listing.classes == (
            "sneaker",
        )

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
    def test_refused_in_one_line(self, tmp_path: Path, rows: list[list[object]], pixels: int, message: str) -> None:
        with pytest.raises(DataError) as caught:
            _ = open_source(self.table(tmp_path / "x.csv", rows, pixels)).listing
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">{1 + values.ndim}I", 0x800 | values.ndim, *values.shape) + values.tobytes()


def idx_folder(root: Path, labels: dict[str, list[int]]) -> Path:
    root.mkdir()
    for prefix, answers in labels.items():
        images = np.arange(len(answers) * 6, dtype=np.uint8).reshape(-1, 2, 3)
        (root / f"{prefix}-images-idx3-ubyte.gz").write_bytes(packed(idx(images)))
        (root / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(packed(idx(np.array(answers, np.uint8))))
    return root


def packed(data: bytes) -> bytes:
    """Return the data gzipped without the time of day, so that a parameter made of it has one name in every process."""
    return gzip.compress(data, mtime=0)


class TestIdx:
    def test_both_parts(self, tmp_path: Path) -> None:
        source = open_source(idx_folder(tmp_path / "fashion-mnist", {"train": [9, 7, 9], "t10k": [0]}))
        assert isinstance(source, IdxImages)
        assert source.listing.classes == ("test/t-shirt", "train/ankle-boot", "train/sneaker")
        assert source.listing.groups == ("test", "train", "train")
        assert source.listing.names[1] == "train/sneaker/00001"
        assert np.asarray(source.image(1)).tolist() == [[6, 7, 8], [9, 10, 11]]
        assert np.asarray(source.image(3)).tolist() == [[0, 1, 2], [3, 4, 5]]

    def test_one_part_of_digits(self, tmp_path: Path) -> None:
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
    def test_damaged(self, tmp_path: Path, content: bytes) -> None:
        folder = idx_folder(tmp_path / "mnist", {"train": [1, 2, 3]})
        (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
        with pytest.raises(DataError, match="mnist"):
            _ = IdxImages(folder).listing

    def test_labels_missing(self, tmp_path: Path) -> None:
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


class TestOpenSource:
    def test_glyphs_take_options(self) -> None:
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
    def test_options_are_checked(self, spec: str, options: dict[str, int], message: str) -> None:
        with pytest.raises(RecipeError) as caught:
            open_source(spec, **options)
        assert str(caught.value) == message

    def test_paths_take_no_options(self, tmp_path: Path) -> None:
        with pytest.raises(RecipeError, match="Unknown option 'size'"):
            open_source(tmp_path, size=8)

    @pytest.mark.parametrize("spec", ["omniglt", "./absent/folder", "x" * 5000, "null\0", ""])
    def test_neither_path_nor_name(self, spec: str) -> None:
        with pytest.raises(DataError, match="neither a path that exists nor a data set's name"):
            open_source(spec)

    def test_did_you_mean(self) -> None:
        with pytest.raises(DataError, match="Did you mean 'omniglot'"):
            open_source("omniglt")

    def test_a_file_of_no_known_kind(self, tmp_path: Path) -> None:
        write(tmp_path, "1.png")
        with pytest.raises(
            DataError, match="is no data set; expected a folder of class folders, a zip of them, or a CSV"
        ):
            open_source(tmp_path / "1.png")

    def test_a_path_that_exists_comes_before_a_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class_folders(tmp_path / "digits", {"mine": 1})
        monkeypatch.chdir(tmp_path)
        assert open_source("digits").listing.classes == ("mine",)

    def test_omniglot_as_one_zip_or_as_the_official_two(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GEMEL_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
        with pytest.raises(
            DataError, match=r"'omniglot' is not here; run `gemel data get omniglot`, or put omniglot\.zip"
        ):
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

    def test_fashion_mnist_by_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GEMEL_DATA", str(tmp_path))
        idx_folder(tmp_path / "fashion_mnist", {"train": [7]})
        assert open_source("fashion_mnist").listing.classes == ("train/sneaker",)

    def test_a_set_without_download_says_what_to_put_where(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GEMEL_DATA", str(tmp_path))
        monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
        with pytest.raises(DataError) as caught:
            open_source("att_faces")
        assert str(caught.value) == (
            f"the data set 'att_faces' is not here; put att_faces.zip into {tmp_path / 'att_faces'} or "
            f"{tmp_path / 'cache/att_faces'} (GEMEL_DATA says where)"
        )
