"""What every protocol asks of its arrays."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from gemel.errors import DataError


def checked_labels(embeddings: Tensor, labels: np.ndarray | Tensor) -> np.ndarray:
    """Return the labels as an int64 array (N,), after a look at the embeddings (N, D) that they belong to.

    Raises:
        DataError: the shapes do not fit, or an embedding is not finite.
    """
    numbers = np.asarray(labels).astype(np.int64)
    if embeddings.ndim != 2 or numbers.shape != embeddings.shape[:1]:
        raise DataError(
            f"Embeddings of shape {tuple(embeddings.shape)} came with labels of shape {numbers.shape}; (N, D) and (N,) "
            "are expected."
        )
    bad = int((~embeddings.isfinite()).any(1).sum())
    if bad:
        raise DataError(f"{bad} of {len(embeddings)} embeddings are not finite; the model that made them is damaged.")
    return numbers


def checked_scores(scores: np.ndarray | Tensor, what: str) -> np.ndarray:
    """Return the scores as float64 (P,).

    Raises:
        DataError: none came, they are not one-dimensional, or one is not finite.
    """
    values = np.asarray(scores).astype(np.float64)
    if values.ndim != 1:
        raise DataError(f"{what} scores came with shape {values.shape}; one score a pair, (P,), is expected.")
    if not len(values):
        raise DataError(f"There are no {what} pairs; both pairs of one class and pairs of two are needed.")
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise DataError(f"{bad} of {len(values)} {what} scores are not finite; the model that gave them is damaged.")
    return values
