"""Public data sets, downloaded from where their authors keep them: checked, and resumed where they were cut off."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError

from gemel.data.cache import cache_folder
from gemel.errors import DataError, did_you_mean

#: Seconds without a byte after which a download is given up.
TIMEOUT = 30.0

_CHUNK = 1 << 16

#: The server's word for "that part of the file does not exist".
_RANGE_NOT_SATISFIABLE = 416

Progress = Callable[[int, int], None]
Opener = Callable[..., Any]


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: where it is, and the checksum that its publishers or torchvision give.

    Attributes:
        address: its URL.
        algorithm: of the checksum.
        checksum: hexadecimal.
    """

    address: str
    algorithm: Literal["md5", "sha256"]
    checksum: str

    @property
    def name(self) -> str:
        """The file's name, the last part of its address."""
        return self.address.rpartition("/")[2]


_OMNIGLOT = "https://github.com/brendenlake/omniglot/raw/master/python"
_FASHION = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion"

#: Lake et al. (2015), MIT licence, 21 MB; Xiao et al. (2017), MIT licence, 30 MB.
DOWNLOADS: dict[str, tuple[RemoteFile, ...]] = {
    "omniglot": (
        RemoteFile(f"{_OMNIGLOT}/images_background.zip", "md5", "68d2efa1b9178cc56df9314c21c6e718"),
        RemoteFile(f"{_OMNIGLOT}/images_evaluation.zip", "md5", "6b91aef0f799c5bb55b94e3f2daec811"),
        RemoteFile(
            f"{_OMNIGLOT}/one-shot-classification/all_runs.zip",
            "sha256",
            "437c1eeab0af8484112e1b4cc0f3d541ec727f7c47b9b202da738af9dfd6c325",
        ),
    ),
    "fashion_mnist": (
        RemoteFile(f"{_FASHION}/train-images-idx3-ubyte.gz", "md5", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        RemoteFile(f"{_FASHION}/train-labels-idx1-ubyte.gz", "md5", "25c81989df183df01b3e8a0aad5dffbe"),
        RemoteFile(f"{_FASHION}/t10k-images-idx3-ubyte.gz", "md5", "bef4ecab320f06d8554ea6380940ec79"),
        RemoteFile(f"{_FASHION}/t10k-labels-idx1-ubyte.gz", "md5", "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
}


def get(
    name: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    opener: Opener = urllib.request.urlopen,
) -> list[Path]:
    """Download a public data set and return its files, in the folder where ``open_source(name)`` looks for them.

    A file appears under its name only when it is whole and its checksum is right; one that is there so is not fetched
    again. A download that is cut off goes on from its ``.part`` file the next time.

    Args:
        name: "omniglot" or "fashion_mnist".
        folder: where to put the files; the set's own folder in Gemel's cache by default.
        progress: called with (bytes done, bytes in all) of the file under way.
        opener: what opens an address, as ``urllib.request.urlopen`` does.

    Raises:
        DataError: the name is unknown, there is no connection, or what came is not the right file; the text says what
            to put where by hand.
    """
    if name not in DOWNLOADS:
        raise DataError(f"There is no download of '{name}'.{did_you_mean(name, DOWNLOADS)}")
    place = folder or cache_folder() / name
    paths = []
    for position, file in enumerate(DOWNLOADS[name]):
        try:
            paths.append(fetch(file, place, progress, opener))
        except DataError as error:
            others = [other.address for other in DOWNLOADS[name][position + 1 :] if not (place / other.name).exists()]
            also = f"; '{name}' also needs, in the same folder, {' and '.join(others)}" if others else ""
            raise DataError(f"{error}{also}") from error
    return paths


def fetch(
    file: RemoteFile, folder: Path, progress: Progress | None = None, opener: Opener = urllib.request.urlopen
) -> Path:
    """Download one file into a folder, unless it is there.

    Raises:
        DataError: as ``get``.
    """
    path = folder / file.name
    if path.exists():
        if _checksum(path, file.algorithm) != file.checksum:
            raise DataError(f"{path} is there, but is not the file of {file.address}; move it away and try again")
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _download(file.address, part, progress or _silent, opener)
    except (OSError, http.client.HTTPException) as error:
        raise DataError(
            f"{file.address} could not be downloaded ({_reason(error)}); try again, which goes on from where it "
            f"stopped, or download it by other means and put it at {path}"
        ) from error
    if _checksum(part, file.algorithm) != file.checksum:
        part.unlink()
        raise DataError(
            f"what came from {file.address} is not the expected file (its {file.algorithm.upper()} is not "
            f"{file.checksum}) and was deleted; try again, or download it by other means and put it at {path}"
        )
    part.replace(path)
    return path


def _download(address: str, part: Path, progress: Progress, opener: Opener) -> None:
    """Fetch what is missing of ``part``; from the beginning where the server does not go on in the middle."""
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = opener(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()  # it is the answer, too, with an open connection
        if error.code == _RANGE_NOT_SATISFIABLE and start:  # it is whole already, or another file: the checksum tells
            return
        raise
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        _receive(response, part, start if resumed else 0, progress)


def _receive(response: http.client.HTTPResponse, part: Path, start: int, progress: Progress) -> None:
    """Write the response's body to ``part`` from position ``start``."""
    promised = response.headers.get("Content-Length")
    total = start + int(promised) if promised else 0
    done = start
    with part.open("ab" if start else "wb") as written:
        while block := response.read(_CHUNK):
            written.write(block)
            done += len(block)
            progress(done, max(done, total))
    if done < total:
        raise http.client.IncompleteRead(b"", total - done)


def _checksum(path: Path, algorithm: str) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, algorithm).hexdigest()


def _reason(error: Exception) -> str:
    """Return the error in a few words."""
    if isinstance(error, http.client.IncompleteRead):
        return f"the connection broke, {error.expected} bytes before the end"
    return " ".join(str(getattr(error, "reason", None) or error or type(error).__name__).split())


def _silent(done: int, total: int) -> None:
    """Show nothing."""
