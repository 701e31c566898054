import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from gemel.data.preprocessing import Preprocessing
from gemel.data.sources import Folder, ZipArchive, open_source
from gemel.data.store import decode_all
from gemel.errors import DataError
from tests.data.pictures import class_folders, encoded, noise, png_that_claims

PREPROCESSING = Preprocessing((10, 12))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "set", {"latin/A": 3, "latin/B": 2, "greek/A": 1})


def test_the_store_holds_what_decoding_one_by_one_gives(folder: Path, tmp_path: Path) -> None:
    source = Folder(folder)
    expected = np.stack([PREPROCESSING.pixels(source.image(index)) for index in range(6)])
    for _ in range(2):
        data = decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")
        assert np.array_equal(data.items(torch.arange(6)), expected)
        assert isinstance(data.images, np.memmap)
        assert data.labels.tolist() == source.listing.labels.tolist()
        assert (data.names, data.classes, data.groups) == (
            source.listing.names,
            source.listing.classes,
            source.listing.groups,
        )


def test_a_second_time_nothing_is_decoded(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")
    monkeypatch.setattr(Folder, "image", None)
    assert len(decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")) == 6


def test_other_files_or_another_preprocessing_are_another_store(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert decode_all(Folder(folder), PREPROCESSING, cache).item_shape == (1, 10, 12)
    assert decode_all(Folder(folder), Preprocessing(5, channels=3), cache).item_shape == (3, 5, 5)
    noise().save(folder / "latin/A/4.png")
    assert len(decode_all(Folder(folder), PREPROCESSING, cache)) == 7
    assert len(list(cache.iterdir())) == 3


def test_the_cache_is_where_the_environment_says(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "elsewhere"))
    decode_all(Folder(folder), PREPROCESSING)
    assert len(list((tmp_path / "elsewhere/stores").iterdir())) == 1


def test_unreadable_items_are_left_out_and_listed(folder: Path, tmp_path: Path) -> None:
    (folder / "latin/A/0.png").write_bytes(b"")
    (folder / "latin/A/2.png").write_bytes(encoded(noise())[:60])
    (folder / "latin/B/bomb.png").write_bytes(png_that_claims(60_000, 60_000))
    (folder / "greek/A/1.png").write_text("a text")
    (folder / "notes.txt").write_text("a text")
    data = decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")
    assert data.names == ("latin/A/1.png", "latin/A/3.png", "latin/B/1.png", "latin/B/2.png")
    assert data.classes == ("latin/A", "latin/B")
    assert data.labels.tolist() == [0, 0, 1, 1]
    assert np.array_equal(data.items(torch.tensor([1]))[0], PREPROCESSING.pixels(noise(seed=2)))
    reasons = {one.name: one.reason for one in data.skipped}
    assert reasons.keys() == {"notes.txt", "greek/A/1.png", "latin/A/0.png", "latin/A/2.png", "latin/B/bomb.png"}
    assert reasons["latin/A/0.png"] == "latin/A/0.png is empty (0 bytes); expected a picture"
    assert decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache").skipped == data.skipped


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "set/a").mkdir(parents=True)
    (tmp_path / "set/a/1.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"none of the 1 pictures in set can be read: a/1\.png is empty"):
        decode_all(Folder(tmp_path / "set"), PREPROCESSING, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("file", ["pixels.npy", "labels.npy", "rows.npy", "index.json"])
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "noise"])
def test_a_damaged_store_is_made_again(folder: Path, tmp_path: Path, file: str, damage: str) -> None:
    expected = decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")
    stored = next((tmp_path / "cache").iterdir()) / file
    whole = stored.read_bytes()
    stored.unlink()
    if damage != "absent":
        stored.write_bytes({"empty": b"", "cut": whole[: len(whole) - 9], "noise": b"\x80" + whole[1:]}[damage])
    again = decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")
    assert np.array_equal(again.items(torch.arange(6)), expected.items(torch.arange(6)))
    assert again.names == expected.names
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_progress_counts_up_to_all(folder: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache", lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6)


def test_an_interrupt_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache", interrupt)
    assert list((tmp_path / "cache").iterdir()) == []


def test_another_process_may_finish_first(folder: Path, tmp_path: Path) -> None:
    def finish_first(done: int, total: int) -> None:
        decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")

    assert len(decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache", finish_first)) == 6
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_two_threads_give_the_same(tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "a").mkdir(parents=True)
    for number in range(70):
        noise((1000, 501), seed=number % 5).save(root / f"a/{number:02d}.bmp")
    data = decode_all(Folder(root), PREPROCESSING, tmp_path / "cache")
    expected = [PREPROCESSING.pixels(noise((1000, 501), seed=number)) for number in range(5)]
    assert np.array_equal(data.items(torch.arange(70)), np.stack(expected * 14))


def test_a_cache_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(DataError, match=r"the decoded store cannot be written to .* set GEMEL_CACHE"):
        decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")


def test_a_zip_gives_what_its_folder_gives(folder: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "set"), "zip", folder)
    from_zip, from_folder = (
        decode_all(source, PREPROCESSING, tmp_path / "cache") for source in (ZipArchive(archive), Folder(folder))
    )
    assert np.array_equal(from_zip.items(torch.arange(6)), from_folder.items(torch.arange(6)))
    assert from_zip.names == from_folder.names


def test_a_generator_is_stored_as_well(tmp_path: Path) -> None:
    source = open_source("glyphs", alphabets=2, characters=2, writers=3, size=16)
    data = decode_all(source, Preprocessing(16, background="dark"), tmp_path)
    assert len(data) == 12
    assert np.array_equal(data.items(torch.arange(12))[:, 0], 255 - source.pixels())


KILLED = """
import os, signal, sys
from pathlib import Path
from gemel.data import Preprocessing, decode_all, open_source
kill = lambda done, total: os.kill(os.getpid(), signal.SIGKILL)
decode_all(open_source(sys.argv[1]), Preprocessing((10, 12)), Path(sys.argv[2]), kill)
"""


def test_killed_half_way_it_is_made_again(folder: Path, tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(tmp_path / "cache")])
    assert killed.returncode == -9
    (draft,) = (tmp_path / "cache").iterdir()
    os.utime(draft, (0, 0))
    assert len(decode_all(Folder(folder), PREPROCESSING, tmp_path / "cache")) == 6
    assert not draft.exists()


@pytest.mark.slow
def test_all_of_omniglot_is_decoded_and_read_back(tmp_path: Path, real_data: Callable[[str], Path]) -> None:
    source = open_source(real_data("omniglot/omniglot.zip"))
    first, again = (decode_all(source, Preprocessing(28, background="dark"), tmp_path) for _ in range(2))
    assert (len(first), len(first.classes)) == (32_460, 1_623)
    assert np.array_equal(first.images, again.images)
