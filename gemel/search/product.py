"""Which references may be nearest, by a matrix product."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.search.column import BLOCK, Column, Moves
from gemel.similarity import Cosine, Euclidean, Nearest, Similarity, SquaredEuclidean

#: Queries asked at once; more make the table of block maxima large.
QUERIES = 128

#: Keys computed at once, 4 MiB of float32: they stay in the processor's cache until their maxima are taken.
KEYS = 2**20

#: How far the length of a row may be from its canonical form's, by rounding.
CANONICAL = 1e-6

#: Half the distance of 1 to the next number.
ROUNDING = {torch.float32: 2.0**-24, torch.bfloat16: 2.0**-8}

#: Blocks looked into beyond the k best, at first and where these leave open which are the best.
MARGINS = {torch.bfloat16: (32,), torch.float32: (4, 256)}


def ordered_by_product(similarity: Similarity) -> bool:
    """Return whether canonical embeddings rank by the similarity as by ``-|q - r|^2``, or ``q . r - |r|^2 / 2``."""
    ranked = similarity.inner if isinstance(similarity, Nearest) else similarity
    return type(ranked) in (Cosine, Euclidean, SquaredEuclidean)


def canonical_rows(similarity: Similarity, rows: Tensor) -> Tensor:
    """Return rows in canonical form, to the bit as they came where that is their form but for rounding: (N, D)."""
    canonical = similarity.canonical(rows)
    moved = torch.linalg.vector_norm(canonical - rows, dim=1, keepdim=True) > CANONICAL
    return torch.where(moved, canonical, rows)


class Product:
    """Canonical rows in one precision, of which ``keys = q . r - |r|^2 / 2`` tells which may be a query's nearest.

    Args:
        vectors: the rows, in float32; they are the product's own where that is the precision.
        precision: ``torch.float32`` or ``torch.bfloat16``.
    """

    def __init__(self, vectors: Column, precision: torch.dtype) -> None:
        self.precision = precision
        self.own = precision != torch.float32
        self.rows = Column(vectors.shape, precision) if self.own else vectors
        self.offsets = Column((), precision, fill=-torch.inf)  # so that no empty place is ever the best
        self.longest = self.row_off = self.offset_off = 0.0  # lengths; what rounding has moved the furthest

    def append(self, rows: Tensor) -> None:
        """Take note of rows that were added to the vectors: (N, D)."""
        offsets = rows.square().sum(1) / -2
        self.longest = max(self.longest, longest(rows))
        self.row_off = max(self.row_off, longest(rows - rows.to(self.precision)))
        self.offset_off = max(self.offset_off, float((offsets - offsets.to(self.precision)).abs().max()))
        self.offsets.append(offsets)
        if self.own:
            self.rows.append(rows)

    def close_up(self, how: Moves) -> None:
        """Take rows away, as they were from the vectors."""
        self.offsets.close_up(how)
        if self.own:
            self.rows.close_up(how)

    def candidates(self, queries: Tensor, k: int, margin: int) -> tuple[Tensor, Tensor]:
        """Return places (Q, M) that are likely to hold each query's k best, and whether they surely do (Q,).

        They are those of the blocks with the highest keys. k blocks have a row whose key is at least the k-th highest
        maximum; a row elsewhere has at most the highest maximum passed over. If these two are further apart than
        rounding can bring them, no row elsewhere is among the k best, nor ties with them.

        Args:
            queries: (Q, D), canonical.
            k: at least 1.
            margin: blocks to look into beyond k; there are more than ``k + margin``.
        """
        maxima, numbers = self._block_maxima(queries.to(self.precision)).topk(k + margin + 1)  # descending
        kth, over = maxima[:, k - 1].float(), maxima[:, -1].float()
        rounded = ROUNDING[self.precision] * (kth.abs() + over.abs())
        return self._places(numbers[:, :-1], len(queries)), kth - over > 2 * self._error(queries) + rounded

    def _block_maxima(self, queries: Tensor) -> Tensor:
        """Return the highest key of each block: (Q, D) -> (Q, B).

        A chunk of C keys is cut into ``BLOCK`` strips; a block takes one of each, since these are quick to compare.
        """
        rows, offsets = self.rows.blocks, self.offsets.blocks
        maxima = queries.new_empty(len(queries), len(rows) // BLOCK)
        size = chunk_of(len(queries))
        for start in range(0, len(rows), size):
            part = slice(start, min(start + size, len(rows)))
            keys = (queries @ rows[part].T).add_(offsets[part])  # (Q, C); quicker than addmm
            maxima[:, start // BLOCK : part.stop // BLOCK] = keys.view(len(queries), BLOCK, -1).amax(1)
        return maxima

    def _places(self, numbers: Tensor, queries: int) -> Tensor:
        """Return the places of the rows in blocks: (Q, B) -> (Q, B * BLOCK)."""
        size = chunk_of(queries)
        start = numbers * BLOCK // size * size
        step = (len(self.offsets.blocks) - start).clamp(max=size) // BLOCK
        first = start + numbers - start // BLOCK
        return (first.unsqueeze(-1) + step.unsqueeze(-1) * torch.arange(BLOCK)).flatten(1)

    def _error(self, queries: Tensor) -> Tensor:
        """Return how far, at most, a key before its last rounding and the similarity's score, as a key, are apart.

        (Q, D) -> (Q,). Factors, product and offset are rounded to the precision; a float32 sum of D products is off by
        at most D roundings of its terms' sizes, and so is the similarity's sum of squares; a row is canonical but for
        rounding; and what is smaller than the smallest normal number may be lost.
        """
        lengths, dimensions = torch.linalg.vector_norm(queries, dim=1), queries.shape[1]
        query_off = torch.linalg.vector_norm(queries - queries.to(self.precision), dim=1)
        factors = query_off * (self.longest + self.row_off) + lengths * self.row_off + self.offset_off
        product = ROUNDING[self.precision] * lengths * self.longest
        sums = ((dimensions + 8) * ROUNDING[torch.float32] + CANONICAL) * (lengths + self.longest).square()
        return factors + product + sums + 2 * dimensions * torch.finfo(torch.float32).tiny


def longest(rows: Tensor) -> float:
    """Return the length of the longest row: (N, D), N >= 1."""
    return float(torch.linalg.vector_norm(rows, dim=1).max())


def chunk_of(queries: int) -> int:
    """Return how many rows are multiplied at once with so many queries; whole blocks."""
    return KEYS // max(queries, 1) // BLOCK * BLOCK
