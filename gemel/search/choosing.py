"""Exact or approximate, by how many references there are."""

from __future__ import annotations

from pathlib import Path

from gemel.search.exact_index import ExactIndex
from gemel.search.graph_index import GraphIndex
from gemel.search.index import Index
from gemel.search.product import ordered_by_product
from gemel.similarity import Similarity

#: References up to which a query is compared with all.
EXACT_UP_TO = 1_000_000


def index_for(similarity: Similarity, count: int, folder: Path | None = None) -> Index:
    """Return an empty index for about ``count`` references: exact up to a million, a graph beyond.

    It stays exact for similarities that no graph ranks by.

    Args:
        similarity: compares embeddings.
        count: how many references are expected.
        folder: see ``ExactIndex``.
    """
    if count > EXACT_UP_TO and ordered_by_product(similarity):
        return GraphIndex(similarity, folder=folder)
    return ExactIndex(similarity, folder=folder)
