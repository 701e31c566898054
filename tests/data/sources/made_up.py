"""Data sets of a few files, for the tests of this room."""

import gzip
import struct
import zipfile
from pathlib import Path

import numpy as np

from gemel.data.sources import Source
from tests.data.pictures import encoded, noise

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
