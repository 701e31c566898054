"""What every index promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.similarity import Similarity


class Index(ABC):
    """References by number, of which the nearest to a query are found: higher score first, then lower number.

    Scores are the similarity's own, as its ``matrix`` gives them. One thread at a time may change an index, and none
    may ask meanwhile.

    Args:
        similarity: compares embeddings.
    """

    def __init__(self, similarity: Similarity) -> None:
        self.similarity = similarity

    @abstractmethod
    def add(self, ids: Tensor, vectors: Tensor) -> None:
        """Add references.

        Args:
            ids: (N,) their numbers, 0 or more; each once, and none that is there already.
            vectors: (N, D) their embeddings, finite. Those that are not in the similarity's canonical form, as a
                model's are, are brought into it.

        Raises:
            DataError: the numbers or the vectors are not such; then none is added.
        """

    @abstractmethod
    def remove(self, ids: Tensor) -> None:
        """Remove references by their numbers (N,).

        Raises:
            DataError: a number is not there, or comes twice; then none is removed.
        """

    @abstractmethod
    def top(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return the scores and the numbers of each query's ``min(k, S)`` best among the S references.

        (Q, D) -> (Q, min(k, S)) float32, (Q, min(k, S)) int64.

        Raises:
            DataError: ``k`` is below 1, or the queries are not finite or of other dimensions than the references.
        """

    @abstractmethod
    def __len__(self) -> int:
        """Return S, the number of references."""


def checked_vectors(vectors: Tensor, what: str, dimensions: int | None) -> Tensor:
    """Return the vectors as float32 (N, D).

    Raises:
        DataError: they are not finite, or not of that shape; ``dimensions`` is D where that is known.
    """
    vectors = vectors.detach().to("cpu", torch.float32)
    if vectors.ndim != 2 or dimensions not in (None, vectors.shape[1]):
        expected = f"(N, {'D' if dimensions is None else dimensions})"
        raise DataError(f"The {what} have shape {tuple(vectors.shape)}; {expected} is expected.")
    bad = int((~vectors.isfinite()).any(1).sum())
    if bad:
        raise DataError(f"{bad} of {len(vectors)} {what} are not finite; the model that made them is damaged.")
    return vectors.contiguous()


def checked_count(k: int) -> int:
    """Return ``k``, how many are asked for.

    Raises:
        DataError: it is below 1.
    """
    if k < 1:
        raise DataError(f"The {k} nearest are asked for; at least 1 is expected.")
    return k
