"""The nearest of all references, without exception."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.search.best import best
from gemel.search.column import BLOCK, Column, moves
from gemel.search.index import Index, checked_count, checked_vectors
from gemel.search.product import MARGINS, QUERIES, Product, canonical_rows, ordered_by_product
from gemel.similarity import Similarity

#: Numbers of references that are compared, or gathered, at once: 16 MiB of float32.
CHUNK = 2**22


class ExactIndex(Index):
    """References compared with every query, one and all.

    For cosine, Euclidean and squared Euclidean a matrix product tells which few may be nearest, and only these are
    scored by the similarity itself; a query of which rounding leaves open whether they are (many references all but
    equally near, say) is compared with all, as by other similarities. What is returned is the same.

    Args:
        similarity: compares embeddings.
        precision: the product's; ``"bfloat16"`` is faster on processors that have it, and asks for half as much memory
            again.
        folder: where the embeddings are kept in a temporary file mapped into memory; in memory itself by default.
    """

    def __init__(
        self,
        similarity: Similarity,
        precision: Literal["float32", "bfloat16"] = "float32",
        folder: Path | None = None,
    ) -> None:
        super().__init__(similarity)
        self.precision = precision
        self.folder = folder
        self.dimensions: int | None = None  # until references tell
        self.ids = Column((), torch.int64, fill=-1)
        self.vectors = Column((0,), torch.float32)
        self.products: list[Product] = []
        self.attempts: list[tuple[Product, int]] = []  # products with their margins, to be made in turn

    def add(self, ids: Tensor, vectors: Tensor) -> None:
        self.append(*self.checked(ids, vectors))

    def checked(self, ids: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Return references fit to be appended; see ``add``."""
        vectors = checked_vectors(vectors, "references", self.dimensions)
        if ids.dtype != torch.int64 or ids.shape != vectors.shape[:1]:
            raise DataError(
                f"{len(vectors)} references came with numbers of shape {tuple(ids.shape)}, {ids.dtype}; one int64 each "
                "is expected."
            )
        if len(ids) and (int(ids.min()) < 0 or not distinct(ids) or bool(self._there(ids).any())):
            raise DataError("A reference's number is negative, comes twice, or is there already; give each its own.")
        return ids, canonical_rows(self.similarity, vectors)

    @torch.no_grad()
    def append(self, ids: Tensor, vectors: Tensor) -> None:
        """Add references that are ``checked``."""
        if not len(ids):
            return
        if self.dimensions is None:
            self._begin(vectors.shape[1])
        self.ids.append(ids)
        self.vectors.append(vectors)
        for product in self.products:
            product.append(vectors)

    def remove(self, ids: Tensor) -> None:
        self.close_up(self.places(ids))

    def places(self, ids: Tensor) -> Tensor:
        """Return the places of references by their numbers, ascending: (N,) -> (N,); see ``remove``."""
        places = torch.isin(self.ids.rows, ids).nonzero()[:, 0]
        if len(places) < len(ids):
            lacking = ids[~self._there(ids)].tolist()
            what = f"number {lacking[0]} is not there" if lacking else "a number comes twice"
            raise DataError(f"{len(ids)} references cannot be removed: {what}.")
        return places

    def close_up(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Remove the references at these places, and return where others moved from, and to: (N,) -> (M,), (M,)."""
        how = moves(places, len(self))
        parts: list[Column | Product] = [self.ids, self.vectors, *self.products]
        for part in parts:
            part.close_up(how)
        return how.movers, how.holes

    @torch.no_grad()
    def top(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        queries = checked_vectors(queries, "queries", self.dimensions)
        k = min(checked_count(k), len(self))
        if not k or not len(queries):
            return queries.new_empty(len(queries), k), torch.empty(len(queries), k, dtype=torch.int64)
        parts = [self._top(some, k, self.attempts) for some in torch.split(queries, QUERIES)]
        scores, ids = zip(*parts, strict=True)
        return torch.cat(scores), torch.cat(ids)

    def rescored(self, queries: Tensor, places: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return the best of some references, by the similarity: (Q, D), places (Q, M) -> (Q, k), (Q, k).

        A place that is none (below 0, or beyond the last) is passed over; each query has k others.
        """
        size = max(1, CHUNK // (places.shape[1] * queries.shape[1]))
        parts = [
            self._rescored(some, near, k)
            for some, near in zip(torch.split(queries, size), torch.split(places, size), strict=True)
        ]
        scores, ids = zip(*parts, strict=True)
        return torch.cat(scores), torch.cat(ids)

    def __len__(self) -> int:
        return len(self.ids)

    def _there(self, ids: Tensor) -> Tensor:
        """Return which numbers are there: (N,) -> bool (N,)."""
        return torch.isin(ids, self.ids.rows)

    def _begin(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.vectors = Column((dimensions,), torch.float32, folder=self.folder)
        if ordered_by_product(self.similarity):
            coarse = [torch.bfloat16] if self.precision == "bfloat16" else []
            self.products = [Product(self.vectors, precision) for precision in (*coarse, torch.float32)]
            self.attempts = [(product, margin) for product in self.products for margin in MARGINS[product.precision]]

    def _top(self, queries: Tensor, k: int, attempts: list[tuple[Product, int]]) -> tuple[Tensor, Tensor]:
        """Return the k best by the first attempt, and where it leaves them open by the next; at last by all scores."""
        if not attempts or len(self) < 2 * BLOCK * (k + attempts[0][1]):
            return self._by_matrix(queries, k)
        product, margin = attempts[0]
        places, sure = product.candidates(self.similarity.canonical(queries), k, margin)
        scores, ids = self.rescored(queries, places, k)
        if not sure.all():
            scores[~sure], ids[~sure] = self._top(queries[~sure], k, attempts[1:])
        return scores, ids

    def _by_matrix(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return the k best by the scores of all references."""
        size = max(1, CHUNK // max(queries.shape))
        chunks = zip(torch.split(self.vectors.rows, size), torch.split(self.ids.rows, size), strict=True)
        parts = [best(self.similarity.matrix(queries, rows), ids, min(k, len(ids))) for rows, ids in chunks]
        scores, ids = zip(*parts, strict=True)
        return best(torch.cat(scores, 1), torch.cat(ids, 1), k)

    def _rescored(self, queries: Tensor, places: Tensor, k: int) -> tuple[Tensor, Tensor]:
        none = (places < 0) | (places >= len(self))
        places = places.masked_fill(none, 0)
        scores = self.similarity.matrix(queries.unsqueeze(1), self.vectors.rows[places]).squeeze(1)  # (Q, M)
        ids = self.ids.rows[places].masked_fill(none, torch.iinfo(torch.int64).max)
        return best(scores.masked_fill(none, -torch.inf), ids, k)


def distinct(ids: Tensor) -> bool:
    """Return whether no number comes twice: (N,)."""
    return bool((ids.sort().values.diff() > 0).all())
