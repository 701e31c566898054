import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from gemel.data.sources import ZipArchive
from gemel.errors import DataError, InputError
from tests.data.pictures import encoded, noise
from tests.data.sources.made_up import PNG, skipped, zipped


@pytest.mark.parametrize(
    "name", ["../a/1.png", "a/../../1.png", "/etc/1.png", "C:/a/1.png", "..\\a\\1.png", "\\a\\1.png"]
)
def test_unsafe_names(tmp_path: Path, name: str) -> None:
    source = ZipArchive(zipped(tmp_path / "x.zip", {"good/1.png": PNG, name: PNG}))
    assert source.listing.names == ("good/1.png",)
    assert skipped(source) == {name.replace("\\", "/"): "an unsafe name"}


def test_backslashes_between_folders(tmp_path: Path) -> None:
    assert ZipArchive(zipped(tmp_path / "x.zip", {"a\\1.png": PNG})).listing.names == ("a/1.png",)


def test_a_bomb_by_its_ratio(tmp_path: Path) -> None:
    files = {"a/1.png": PNG, "a/bomb.png": bytes(11_000_000)}
    source = ZipArchive(zipped(tmp_path / "x.zip", files, zipfile.ZIP_DEFLATED))
    assert source.listing.names == ("a/1.png",)
    assert skipped(source) == {"a/bomb.png": "suspicious: unpacks to more than 200 times its stored size"}


def test_a_bomb_by_its_size(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a/1.png": PNG, "a/2.png": PNG})
    content = bytearray(path.read_bytes())
    second = content.rindex(b"PK\x01\x02")
    content[second + 20 : second + 28] = struct.pack("<II", 200_000_000, 300_000_000)
    path.write_bytes(content)
    assert skipped(ZipArchive(path)) == {"a/2.png": "too large: unpacks to 300 MB, at most 200 MB"}


def test_a_bomb_that_lies_about_its_size_unpacks_no_further(tmp_path: Path) -> None:
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


def test_encrypted(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a/1.png": PNG, "a/2.png": PNG})
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert skipped(ZipArchive(path)) == {"a/2.png": "encrypted"}


def test_links(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a/2.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/1.png", PNG)
        archive.writestr(link, "/etc/passwd")
    assert skipped(ZipArchive(tmp_path / "x.zip")) == {"a/2.png": "a link"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicated_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/1.png", PNG)
        archive.writestr("a/1.png", encoded(noise((5, 5))))
    source = ZipArchive(tmp_path / "x.zip")
    assert skipped(source) == {"a/1.png": "a second file of the same name"}
    assert source.image(0).size == (12, 10)


def test_a_damaged_entry(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a/1.png": PNG})
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a/1\.png cannot be unpacked from the zip \(Bad CRC-32"):
        ZipArchive(path).image(0)


def test_other_methods_than_store_and_deflate(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/1.png", PNG, zipfile.ZIP_DEFLATED)
        archive.writestr("a/2.png", PNG, zipfile.ZIP_LZMA)
        archive.writestr("a/3.png", PNG, zipfile.ZIP_BZIP2)
    reason = "packed by a method other than store and deflate"
    assert skipped(ZipArchive(tmp_path / "x.zip")) == {"a/2.png": reason, "a/3.png": reason}


@pytest.mark.parametrize("content", [b"", b"not a zip", PNG, b"PK\x05\x06" + b"\xff" * 18])
def test_not_a_zip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DataError, match="is not a zip, or a damaged one"):
        _ = ZipArchive(tmp_path / "x.zip").listing


def test_a_zip_cut_short(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {f"a/{number}.png": PNG for number in range(20)})
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="is not a zip, or a damaged one"):
        _ = ZipArchive(path).listing


def test_several_count_as_one(tmp_path: Path) -> None:
    first = zipped(tmp_path / "1.zip", {"a/x/1.png": PNG})
    second = zipped(tmp_path / "2.zip", {"b/y/1.png": encoded(noise((5, 6)))})
    source = ZipArchive([first, second])
    assert source.listing.classes == ("a/x", "b/y")
    assert source.image(1).size == (5, 6)


def test_fingerprint_is_of_the_content_not_the_place(tmp_path: Path) -> None:
    first, second = (zipped(tmp_path / name, {"a/1.png": PNG}) for name in ("1.zip", "2.zip"))
    other = zipped(tmp_path / "3.zip", {"a/1.png": encoded(noise(seed=1))})
    assert ZipArchive(first).fingerprint == ZipArchive(second).fingerprint != ZipArchive(other).fingerprint
