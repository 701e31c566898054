"""Similarities as small as tests want them, with all that ``assemble`` tells them."""

from __future__ import annotations

from typing import Any

from gemel.randomness import seeded
from gemel.registry import build
from gemel.similarity import SIMILARITIES, Similarity

#: Options that keep the large ones quick.
SMALL: dict[str, dict[str, Any]] = {"two_channel": {"width": 0.02}, "relation": {"filters": 6}}

#: What no gradient flows through.
UNTRAINED = {"hausdorff"}

#: What is no distance between the two embeddings, and so need not fall as they part.
NO_DISTANCES = {"hausdorff", "crossed", "two_channel", "relation"}


def similarity_of(name: str, dimensions: int) -> Similarity:
    """Return a similarity, as it is in use, of embeddings that are, where it asks, pictures one pixel high."""
    with seeded(0, name):
        options = {"name": name, **SMALL.get(name, {})}
        given = {"dimensions": dimensions, "channels": 1, "size": (1, dimensions)}
        return build("similarity", SIMILARITIES, options, **given).eval()
