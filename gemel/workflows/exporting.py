"""Embeddings of a data set -> a file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gemel.data import decode_all, open_source
from gemel.embedding import embed_dataset
from gemel.errors import InputError, MissingExtraError, did_you_mean
from gemel.files import replacing
from gemel.model import Model


def export(
    model: Model, path: str | Path, out: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Embed every item at ``path`` and write names, classes and embeddings to ``out``; return what was written.

    ``.npz`` holds ``names``, ``labels`` and ``embeddings`` (N, D); ``.parquet`` and ``.csv`` a row an item.

    Raises:
        InputError: the file's ending is unknown.
        DataError: there is nothing to embed.
        MissingExtraError: parquet was asked for and pyarrow is not installed.
    """
    if out.suffix.lower() not in WRITERS:
        raise InputError(f"Cannot write '{out.name}'.{did_you_mean(out.suffix, WRITERS)}")
    dataset = decode_all(open_source(path), model.preprocessing)
    embeddings = embed_dataset(
        model.learner, model.preprocessing, dataset, *model.recipe.validation.seen, progress=progress
    ).numpy()
    labels = [dataset.classes[label] for label in dataset.labels]
    with replacing(out) as temporary:
        WRITERS[out.suffix.lower()](temporary, dataset.names, labels, embeddings)
    return {
        "file": str(out),
        "items": len(dataset),
        "dimensions": embeddings.shape[1],
        "skipped": [{"name": one.name, "reason": one.reason} for one in dataset.skipped],
    }


def write_npz(path: Path, names: tuple[str, ...], labels: list[str], embeddings: np.ndarray) -> None:
    """Write arrays ``names``, ``labels`` and ``embeddings``."""
    with path.open("wb") as file:
        np.savez_compressed(file, names=np.array(names), labels=np.array(labels), embeddings=embeddings)


def write_csv(path: Path, names: tuple[str, ...], labels: list[str], embeddings: np.ndarray) -> None:
    """Write columns ``name``, ``label``, ``e0`` ... ``e(D-1)``; numbers keep every bit of a float32."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "label", *(f"e{column}" for column in range(embeddings.shape[1]))])
        for name, label, row in zip(names, labels, embeddings, strict=True):
            writer.writerow([name, label, *(f"{value:.9g}" for value in row)])


def write_parquet(path: Path, names: tuple[str, ...], labels: list[str], embeddings: np.ndarray) -> None:
    """Write columns ``name``, ``label`` and ``embedding`` (a list of D numbers)."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("Parquet needs pyarrow; install it with: pip install 'gemel[parquet]'") from error
    rows = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(embeddings.ravel()), embeddings.shape[1])
    columns = {"name": list(names), "label": labels, "embedding": rows}
    parquet.write_table(pyarrow.table(columns), path)


WRITERS: dict[str, Callable[[Path, tuple[str, ...], list[str], np.ndarray], None]] = {
    ".npz": write_npz,
    ".csv": write_csv,
    ".parquet": write_parquet,
}
