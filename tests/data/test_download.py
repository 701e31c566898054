import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from gemel.data import download, open_source
from gemel.data.cache import cache_folder
from gemel.data.download import DOWNLOADS, RemoteFile, fetch, get
from gemel.data.sources import named
from gemel.errors import DataError
from gemel.randomness import numpy_generator

CONTENT = numpy_generator(0, "content").bytes(300_000)


class Server(ThreadingHTTPServer):
    """Serves ``files`` on this machine; cuts the first ``cuts`` answers short, and remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/set/file.bin": CONTENT}
        self.cuts = 0
        self.resumes = True
        self.asked: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def file(self, name: str = "file.bin", content: bytes = CONTENT) -> RemoteFile:
        return RemoteFile(f"{self.address}/set/{name}", "sha256", hashlib.sha256(content).hexdigest())


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append((self.path, asked))
        content = self.server.files.get(self.path)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.resumes else 0
        if content is None or (start and start >= len(content)):
            self.send_error(404 if content is None else 416)
            return
        body = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            self.server.cuts -= 1
            body = body[: len(body) // 3]
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_file_arrives_whole_and_is_not_fetched_twice(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    for _ in range(2):
        path = fetch(server.file(), tmp_path / "new/folder", lambda done, total: seen.append((done, total)))
        assert path == tmp_path / "new/folder/file.bin"
        assert path.read_bytes() == CONTENT
    assert server.asked == [("/set/file.bin", None)]
    assert seen[-1] == (300_000, 300_000)
    assert [path.name for path in path.parent.iterdir()] == ["file.bin"]


def test_a_cut_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.cuts = 2
    for got in (100_000, 100_000 + 200_000 // 3):
        with pytest.raises(
            DataError, match=r"the connection broke, \d+ bytes before the end\); try again, which goes on"
        ):
            fetch(server.file(), tmp_path)
        assert (tmp_path / "file.bin.part").stat().st_size == got
        assert not (tmp_path / "file.bin").exists()
    seen: list[tuple[int, int]] = []
    assert fetch(server.file(), tmp_path, lambda done, total: seen.append((done, total))).read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=166666-"]
    assert seen[0][0] > 166_666
    assert seen[-1] == (300_000, 300_000)


def test_a_server_that_cannot_go_on_in_the_middle_begins_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    server.resumes = False
    assert fetch(server.file(), tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_already(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetch(server.file(), tmp_path).read_bytes() == CONTENT


def test_a_part_of_another_file_is_deleted_and_the_next_try_succeeds(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(b"another file")
    with pytest.raises(DataError, match="is not the expected file"):
        fetch(server.file(), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert fetch(server.file(), tmp_path).read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    wanted = server.file(content=b"what was expected")
    with pytest.raises(DataError) as caught:
        fetch(wanted, tmp_path)
    assert str(caught.value) == (
        f"what came from {wanted.address} is not the expected file (its SHA256 is not {wanted.checksum}) and was "
        f"deleted; try again, or download it by other means and put it at {tmp_path / 'file.bin'}"
    )
    assert list(tmp_path.iterdir()) == []


def test_another_file_in_its_place_is_not_overwritten(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"file\.bin is there, but is not the file of .*; move it away and try again"):
        fetch(server.file(), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == b"mine"
    assert server.asked == []


def test_not_found(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.bin could not be downloaded \(Not Found\)"):
        fetch(server.file("absent.bin"), tmp_path)


def test_without_a_connection_it_says_what_to_put_where(tmp_path: Path) -> None:
    with Server() as gone:
        wanted = gone.file()
    with pytest.raises(DataError) as caught:
        fetch(wanted, tmp_path)
    assert str(caught.value).startswith(f"{wanted.address} could not be downloaded (")
    assert str(caught.value).endswith(f"or download it by other means and put it at {tmp_path / 'file.bin'}")
    assert "refused" in str(caught.value)


def test_a_silent_server_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with Server() as silent, pytest.raises(DataError, match="timed out"):
        fetch(silent.file(), tmp_path)


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="could not be downloaded"):
        fetch(server.file(), tmp_path / "file/below")


def test_an_unknown_name() -> None:
    with pytest.raises(DataError, match=r"There is no download of 'omniglott'\. Did you mean 'omniglot'\?"):
        get("omniglott")


def test_what_is_downloaded_is_where_the_name_is_looked_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path))
    monkeypatch.delenv("GEMEL_DATA", raising=False)
    heads = {"images": (3, [4, 2, 2], 16), "labels": (1, [4], 4)}
    files = []
    for official in DOWNLOADS["fashion_mnist"]:
        axes, shape, size = heads["images" if "images" in official.name else "labels"]
        header = b"".join(number.to_bytes(4, "big") for number in (0x0800 | axes, *shape))
        content = gzip.compress(header + np.arange(size, dtype=np.uint8).clip(0, 9).tobytes())
        server.files[f"/set/{official.name}"] = content
        files.append(server.file(official.name, content))
    monkeypatch.setitem(DOWNLOADS, "fashion_mnist", tuple(files))
    paths = get("fashion_mnist")
    assert {path.parent for path in paths} == {cache_folder() / "fashion_mnist"}
    assert len(open_source("fashion_mnist").listing) == 8


def test_offline_all_that_is_still_needed_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tuple(server.file(name) for name in ("file.bin", "a.bin", "b.bin", "c.bin"))
    monkeypatch.setitem(DOWNLOADS, "omniglot", files)
    (tmp_path / "c.bin").write_bytes(CONTENT)
    with pytest.raises(DataError) as caught:
        get("omniglot", tmp_path)
    assert str(caught.value).endswith(
        f"put it at {tmp_path / 'a.bin'}; 'omniglot' also needs, in the same folder, {files[2].address}"
    )


def test_the_official_files() -> None:
    assert set(DOWNLOADS) == set(named.DOWNLOADS)
    assert [file.name for file in DOWNLOADS["omniglot"]] == [
        "images_background.zip",
        "images_evaluation.zip",
        "all_runs.zip",
    ]
    for files in DOWNLOADS.values():
        for file in files:
            assert file.address.startswith("https://")
            assert len(file.checksum) == len(hashlib.new(file.algorithm).hexdigest())
