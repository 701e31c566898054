"""Where items come from: a folder, a zip, a list, an array file, a generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gemel.data.sources.archive import ZipArchive
from gemel.data.sources.folder import Folder
from gemel.data.sources.source import Listing, Skipped, Source
from gemel.errors import DataError


def open_source(spec: str | Path, **options: Any) -> Source:
    """Return the source at a path."""
    path = Path(spec)
    if path.is_dir():
        return Folder(path)
    if path.suffix.lower() == ".zip":
        return ZipArchive(path)
    raise DataError(f"{spec} does not exist")


__all__ = ["Folder", "Listing", "Skipped", "Source", "ZipArchive", "open_source"]
