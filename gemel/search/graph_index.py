"""The nearest references by a walk through a graph: most of them, in a thousandth of the time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from usearch.index import Index as Graph
from usearch.index import Matches

from gemel.errors import DataError
from gemel.randomness import torch_generator
from gemel.search.exact_index import ExactIndex
from gemel.search.index import Index, checked_count, checked_vectors
from gemel.search.product import ordered_by_product
from gemel.search.recall import Recall, recall_of
from gemel.similarity import Similarity

#: Candidates beyond the k asked for, scored by the similarity itself: the graph's own precision is bfloat16.
SPARE = 16

#: Held-out queries that measure the recall, and the fewest references among which they do.
HELD_OUT, FEWEST = 256, 2048

#: The k of the recall that is measured.
DEPTH = 5


class GraphIndex(Index):
    """References in a hierarchical navigable small world (Malkov & Yashunin 2018), by usearch.

    It may miss some. How many is measured whenever an addition at least doubles the references: up to 256 of the new
    ones ask for their nearest, here and of all, before they are added. What is found is scored by the similarity.

    Args:
        similarity: cosine, Euclidean or squared Euclidean.
        connectivity: M, edges of a reference; more find more and take more memory.
        expansion_add: references looked at when one is added; more take longer and find more afterwards.
        expansion_search: references looked at when one is searched for, likewise.
        folder: as of ``ExactIndex``, which holds the embeddings.
        seed: of who is held out.

    Raises:
        DataError: the similarity is another one.
    """

    def __init__(
        self,
        similarity: Similarity,
        connectivity: int = 16,
        expansion_add: int = 128,
        expansion_search: int = 128,
        folder: Path | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(similarity)
        if not ordered_by_product(similarity):
            raise DataError(
                f"A graph ranks by Euclidean distance, which {type(similarity).__name__} does not; use an ExactIndex."
            )
        self.connectivity, self.expansion_add, self.expansion_search = connectivity, expansion_add, expansion_search
        self.seed = seed
        self.exact = ExactIndex(similarity, folder=folder)
        self.recall: Recall | None = None
        self._graph: Graph | None = None

    def add(self, ids: Tensor, vectors: Tensor) -> None:
        ids, vectors = self.exact.checked(ids, vectors)
        held = self._held_out(len(ids))
        self._append(ids[~held], vectors[~held])
        if held.any():
            self.recall = self.measured(vectors[held])
            self._append(ids[held], vectors[held])

    def remove(self, ids: Tensor) -> None:
        places = self.exact.places(ids)
        movers, holes = self.exact.close_up(places)
        self.graph.remove(torch.cat([places, movers]).numpy())
        self._link(holes)

    @torch.no_grad()
    def top(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return most of the best: see ``Index.top``. A query for which the graph finds too few is searched exactly."""
        queries = checked_vectors(queries, "queries", self.exact.dimensions)
        k = min(checked_count(k), len(self))
        if not k or not len(queries):
            return self.exact.top(queries, k or 1)
        places = self._found(self.similarity.canonical(queries), min(k + SPARE, len(self)))
        few = (places >= 0).sum(1) < k
        scores, ids = queries.new_empty(len(queries), k), places.new_empty(len(queries), k)
        scores[few], ids[few] = self.exact.top(queries[few], k)
        scores[~few], ids[~few] = self.exact.rescored(queries[~few], places[~few], k)
        return scores, ids

    def measured(self, queries: Tensor, k: int = DEPTH) -> Recall:
        """Return the recall at k of queries that are no references: (Q, D), Q >= 1.

        Raises:
            DataError: see ``top``; or there is no query, or no reference.
        """
        if not len(queries) or not len(self):
            raise DataError(f"{len(queries)} queries of {len(self)} references have no recall; one of each is needed.")
        found, _ = self.top(queries, k)
        exact, _ = self.exact.top(queries, k)
        return Recall(recall_of(found, exact), found.shape[1], len(queries), len(self))

    def __len__(self) -> int:
        return len(self.exact)

    @property
    def graph(self) -> Graph:
        """The graph, its keys the places of the references; it begins with the first."""
        if self._graph is None:
            self._graph = Graph(
                ndim=self.exact.dimensions or 0,
                metric="l2sq",
                dtype="bf16",
                connectivity=self.connectivity,
                expansion_add=self.expansion_add,
                expansion_search=self.expansion_search,
            )
        return self._graph

    def _held_out(self, count: int) -> Tensor:
        """Return which of ``count`` new references measure the recall before they are added: bool (count,)."""
        held = torch.zeros(count, dtype=torch.bool)
        if count >= len(self) and len(self) + count >= FEWEST:
            drawn = torch.randperm(count, generator=torch_generator(self.seed, "held out", count))
            held[drawn[: min(HELD_OUT, count // 8)]] = True
        return held

    def _append(self, ids: Tensor, vectors: Tensor) -> None:
        first = len(self)
        self.exact.append(ids, vectors)
        self._link(torch.arange(first, len(self)))

    def _link(self, places: Tensor) -> None:
        """Add what is at these places to the graph."""
        if len(places):
            rows = self.exact.vectors.rows[places]
            self.graph.add(places.numpy(), rows.numpy(), threads=torch.get_num_threads())

    def _found(self, queries: Tensor, count: int) -> Tensor:
        """Return the places of up to ``count`` references near each query, -1 where there are no more: (Q, count)."""
        found = self.graph.search(queries.numpy(), count, threads=torch.get_num_threads())
        places = torch.full((len(queries), count), -1)
        for row, matches in zip(places, [found] if isinstance(found, Matches) else found, strict=True):
            row[: len(matches)] = torch.from_numpy(matches.keys.astype(np.int64))
        return places
