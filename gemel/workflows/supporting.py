"""A folder of examples, or a list of names -> the classes to recognise."""

from __future__ import annotations

from pathlib import Path

import torch

from gemel.data import open_source
from gemel.errors import DataError
from gemel.model import Model
from gemel.support import Support


def support_of(model: Model, path: str | Path) -> Support:
    """Return the classes of a folder or zip, one a folder, with their examples embedded.

    Raises:
        DataError: it is absent or holds no picture.
        InputError: an example cannot be read.
    """
    source = open_source(path)
    listing = source.listing
    embeddings = torch.from_numpy(model.embed([source.image(row) for row in range(len(listing))]))
    return Support(embeddings, torch.from_numpy(listing.labels), listing.classes, listing.names)


def names_in(text: str) -> list[str]:
    """Return the class names in a file, one a line, or else in the text itself, between its commas.

    Raises:
        DataError: the file cannot be read.
    """
    path = Path(text)
    try:
        parts = path.read_text(encoding="utf-8").splitlines() if path.is_file() else text.split(",")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}); a text file with a class name a line is expected."
        ) from error
    return [part.strip() for part in parts if part.strip()]
