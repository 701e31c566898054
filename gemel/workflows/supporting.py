"""A folder of examples -> the classes to recognise."""

from __future__ import annotations

from pathlib import Path

import torch

from gemel.data import open_source
from gemel.model import Model, Support


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
