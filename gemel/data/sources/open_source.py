"""A path or a name -> the source it stands for."""

from __future__ import annotations

import inspect
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemel.data.sources.archive import ZipArchive
from gemel.data.sources.csv_list import CsvList
from gemel.data.sources.csv_pixels import CsvPixels
from gemel.data.sources.folder import Folder
from gemel.data.sources.idx import IdxImages, has_idx_files
from gemel.data.sources.named import NAMED
from gemel.data.sources.source import Source
from gemel.data.sources.tables import read_header
from gemel.errors import DataError, RecipeError, did_you_mean


def open_source(spec: str | Path, **options: Any) -> Source:
    """Return the source that a path or a name stands for; a path that exists comes first.

    Args:
        spec: a folder of class folders, a zip of them, a CSV list (``path,label[,group]``), a CSV of pixels
            (``label,pixel1,...``), a folder of idx files, or a name in ``NAMED``.
        options: of a named generator, ``open_source("glyphs", alphabets=5)``.

    Raises:
        DataError: there is no such path or name, or the file is of no known kind.
        RecipeError: an option is unknown or out of range.
    """
    try:
        exists = str(spec) != "" and Path(spec).exists()
    except (OSError, ValueError):  # a name too long for a path, or with a null character
        exists = False
    if exists:
        return _built(str(spec), _kind_of(Path(spec)), {"path": Path(spec), **options})
    if str(spec) in NAMED and not isinstance(spec, Path):
        return _built(str(spec), NAMED[str(spec)], options)
    raise DataError(f"'{spec}' is neither a path that exists nor a data set's name.{did_you_mean(str(spec), NAMED)}")


def _kind_of(path: Path) -> Callable[..., Source]:
    if path.is_dir():
        return IdxImages if has_idx_files(path) else Folder
    if path.suffix.lower() == ".csv":
        return _kind_of_csv(path)
    if path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)):
        return ZipArchive
    raise DataError(f"{path} is no data set; expected a folder of class folders, a zip of them, or a CSV file")


def _kind_of_csv(path: Path) -> Callable[..., Source]:
    columns, _ = read_header(path)
    pixels = sum(name.startswith("pixel") for name in columns)
    return CsvPixels if pixels > 0 and "path" not in columns else CsvList


def _built(what: str, kind: Callable[..., Source], options: dict[str, Any]) -> Source:
    known = inspect.signature(kind).parameters
    for key in options:
        if key not in known:
            raise RecipeError(f"Unknown option '{key}' of the data set '{what}'.{_advice(key, list(known))}")
    try:
        return kind(**options)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"data set '{what}': {error}") from error


def _advice(key: str, known: list[str]) -> str:
    options = [name for name in known if name != "path"]
    return did_you_mean(key, options) if options else " It has none."
