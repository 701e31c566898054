"""Items against all classes of a gallery, however many these are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gemel.gallery.held import Held
from gemel.gallery.mirror import Mirror
from gemel.model import Model
from gemel.verdicts import Identification

#: A gallery of no more classes is asked as a whole. In a larger one, each item is asked against so many classes whose
#: means are nearest to it, and those of as many references nearest to it.
CANDIDATES = 64


@torch.inference_mode()
def identified(
    model: Model,
    held: Held,
    mirror: Mirror,
    embeddings: Tensor,
    names: Sequence[str],
    matches: int,
    unknown_prior: float,
    candidates: int = CANDIDATES,
) -> list[Identification]:
    """Return each item's class, or "unknown": (Q, D).

    Among many classes, the method scores the candidates; every other class counts with the odds of its mean. These are
    searched for in ``mirror``, which may be ahead of ``held``.
    """
    if len(held.classes) <= candidates:
        limits = held.limits(held.classes)
        return model.identify_embeddings(embeddings, names, held.support, matches, unknown_prior, limits)
    held, _, near = mirror.nearest(embeddings, candidates)
    means = model.similarity.matrix(embeddings, held.means)  # (Q, N)
    owners = held.owners[np.searchsorted(held.ids, near.numpy())]  # (Q, k)
    return [
        among_candidates(model, held, *row, matches, unknown_prior, candidates)
        for row in zip(embeddings, names, means, owners, strict=True)
    ]


def among_candidates(
    model: Model,
    held: Held,
    embedding: Tensor,
    name: str,
    means: Tensor,
    owners: np.ndarray,
    matches: int,
    unknown_prior: float,
    candidates: int,
) -> Identification:
    """Return one item's class: (D,), its scores with all classes' means (N,), the classes of what is nearest (k,)."""
    first = means.topk(min(candidates, len(means))).indices.numpy()
    chosen = np.union1d(held.classes[first], owners)
    limits = held.limits(chosen)
    others = means[torch.from_numpy(~np.isin(held.classes, chosen))].numpy()
    odds = model.calibration.log_odds(others)[None]
    asked = (embedding[None], [name], held.support_of(chosen), matches, unknown_prior)
    return model.identify_embeddings(*asked, limits, odds)[0]
