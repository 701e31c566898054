"""Embeddings -> the nearest references among many, in process."""

from gemel.search.choosing import EXACT_UP_TO, index_for
from gemel.search.exact_index import ExactIndex
from gemel.search.graph_index import GraphIndex
from gemel.search.index import Index
from gemel.search.recall import Recall

__all__ = ["EXACT_UP_TO", "ExactIndex", "GraphIndex", "Index", "Recall", "index_for"]
