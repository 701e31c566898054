"""Where downloads and decoded stores are kept, and where data sets are looked up by name."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return ``$GEMEL_CACHE``, or ``~/.cache/gemel``; it need not exist."""
    return Path(os.environ.get("GEMEL_CACHE") or Path.home() / ".cache" / "gemel")


def data_folders() -> tuple[Path, ...]:
    """Return the folders in which a set is looked up by its name: ``$GEMEL_DATA`` where it is set, then the cache."""
    given = os.environ.get("GEMEL_DATA")
    return (*([Path(given)] if given else []), cache_folder())
