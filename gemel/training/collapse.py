"""Does the network still tell items apart? Warnings in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional


def embedding_spread(embeddings: Tensor) -> float:
    """Return ``1 - |mean of the unit-length embeddings|^2``: (B, D) -> 0 (all point one way) ... 1 (all directions)."""
    return float(1 - functional.normalize(embeddings).mean(0).square().sum())


def warnings_for(embeddings: Tensor, metrics: Mapping[str, float]) -> list[str]:
    """Return what looks wrong, each with advice, from validation embeddings (B, D) and the training metrics.

    ``metrics`` may hold ``active`` (share of pairs or triplets with a loss above 0) and ``spread`` (deviation of the
    scores of a batch's pairs).
    """
    found = []
    if not bool(embeddings.isfinite().all()):
        return ["The embeddings are not finite. Lower training.learning_rate, or set training.precision=float32."]
    if embedding_spread(embeddings) < 0.02:
        found.append(
            "The embeddings have nearly collapsed to one direction: every item looks like every other. Lower "
            "training.learning_rate, use an easier miner (miner=all), or train with loss=margin_softmax first."
        )
    if metrics.get("active", 1.0) < 0.01:
        found.append(
            "Less than 1 % of the pairs or triplets still teach anything. Raise loss.margin, pick harder ones "
            "(miner=semi_hard or hard), or stop here if the accuracy is good."
        )
    if metrics.get("spread", 1.0) < 1e-3:
        found.append(
            "All pairs get nearly the same score: the prediction is constant. Lower training.learning_rate, or check "
            "that the classes' folders are not mixed up."
        )
    return found
