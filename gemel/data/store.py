"""A source decoded once, into a memory-mapped file."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from gemel.data.cache import cache_folder
from gemel.data.dataset import Dataset
from gemel.data.opening import quiet_pillow
from gemel.data.preprocessing import Preprocessing
from gemel.data.sources.files import hashed
from gemel.data.sources.source import Skipped, Source
from gemel.errors import DataError, InputError

#: Raised when the same source and preprocessing would give other pixels than before.
VERSION = 1

#: Seconds after which a half-made store is nobody's; decoding hardly takes so long.
_ABANDONED_AFTER = 24 * 3600

#: Pictures of so many pixels are decoded by two threads. Below, decoding is mostly Python, and a second thread only
#: waits for the first: Omniglot's drawings take 7 s with one and 11 s with two.
_WORTH_A_THREAD = 500_000


def decode_all(
    source: Source,
    preprocessing: Preprocessing,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Return the source's items as ``preprocessing`` makes them: decoded now or, if it was done before, from the store.

    The pixels lie in a memory-mapped file under ``cache``, in a folder named after the source's fingerprint and the
    preprocessing; it appears whole or not at all. Items that cannot be read are left out and listed as skipped.

    Args:
        source: where the items come from.
        preprocessing: what is done to each.
        cache: the folder of all stores; ``stores`` in Gemel's cache folder by default.
        progress: called with (items done, items in all).

    Raises:
        DataError: the source is absent or holds no item that can be read, or the store cannot be written.
    """
    key = hashed((VERSION, source.fingerprint, json.dumps(preprocessing.to_json(), sort_keys=True)))
    folder = (cache or cache_folder() / "stores") / key
    stored = _read(folder)
    if stored is None:
        try:
            _write(folder, source, preprocessing, progress or _silent)
        except OSError as error:
            raise DataError(f"the decoded store cannot be written to {folder} ({error}); set GEMEL_CACHE") from error
        stored = _read(folder)
    if stored is None:
        raise DataError(f"the decoded store in {folder} cannot be read back; delete that folder and try again")
    return stored


def _read(folder: Path) -> Dataset | None:
    """Return the store in a folder, or nothing where there is none, or none that is whole."""
    try:
        index = json.loads((folder / "index.json").read_text())
        return Dataset(
            images=np.load(folder / "pixels.npy", mmap_mode="r"),
            labels=np.load(folder / "labels.npy"),
            names=tuple(index["names"]),
            classes=tuple(index["classes"]),
            rows=np.load(folder / "rows.npy"),
            skipped=tuple(Skipped(*pair) for pair in index["skipped"]),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _write(folder: Path, source: Source, preprocessing: Preprocessing, progress: Callable[[int, int], None]) -> None:
    """Decode the source beside ``folder`` and move the result there in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(folder)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        listing = source.listing
        unreadable = _decode(draft / "pixels.npy", source, preprocessing, progress)
        rows = np.setdiff1d(np.arange(len(listing)), list(unreadable))
        if not len(rows):
            raise DataError(
                f"none of the {len(listing)} pictures in {source.name} can be read: {min(unreadable.values())}"
            )
        kept, labels = np.unique(listing.labels[rows], return_inverse=True)
        np.save(draft / "rows.npy", rows)
        np.save(draft / "labels.npy", labels.astype(np.int64))
        skipped = [(one.name, one.reason) for one in listing.skipped]
        skipped += [(listing.names[row], reason) for row, reason in sorted(unreadable.items())]
        index = {
            "names": [listing.names[row] for row in rows],
            "classes": [listing.classes[position] for position in kept],
            "skipped": skipped,
        }
        (draft / "index.json").write_text(json.dumps(index))
        _move(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _decode(
    file: Path, source: Source, preprocessing: Preprocessing, progress: Callable[[int, int], None]
) -> dict[int, str]:
    """Fill the file with every item's pixels; return the rows that could not be read, and why."""
    total = len(source.listing)
    shape = (total, preprocessing.channels, *preprocessing.size)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    unreadable: dict[int, str] = {}

    workers, chunk = _plan(source)

    def decode_chunk(start: int) -> int:
        rows = range(start, min(start + chunk, total))
        for row in rows:
            try:
                pixels[row] = preprocessing.pixels(source.image(row))
            except InputError as error:
                unreadable[row] = str(error)
        return len(rows)

    done = 0
    with quiet_pillow, ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(decode_chunk, start) for start in range(0, total, chunk)]
        try:
            for finished in as_completed(waiting):
                done += finished.result()
                progress(done, total)
        except BaseException:  # an interrupt, too, should not wait for the whole source
            pool.shutdown(cancel_futures=True)
            raise
    pixels.flush()
    return unreadable


def _clear_abandoned(folder: Path) -> None:
    """Remove what processes that were killed half way left beside the store."""
    for draft in folder.parent.glob(f"{folder.name}.*"):
        if time.time() - draft.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(draft, ignore_errors=True)


def _plan(source: Source) -> tuple[int, int]:
    """Return how many threads decode, and how many pictures at a time, judged by the first picture's size."""
    try:
        width, height = source.image(0).size
    except InputError:
        return 1, 32
    return (2, 8) if width * height >= _WORTH_A_THREAD else (1, 256)


def _move(draft: Path, folder: Path) -> None:
    """Put the finished store in its place; a damaged one there gives way, one that another process finished stays."""
    if folder.exists() and _read(folder) is None:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        os.rename(draft, folder)  # noqa: PTH104 - it fails, as it should, where a whole store stands already
    except OSError:
        if _read(folder) is None:
            raise


def _silent(done: int, total: int) -> None:
    """Show nothing."""
