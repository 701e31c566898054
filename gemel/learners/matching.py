"""Matching networks: attention over the support set."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gemel.encoders import Encoder
from gemel.learners.episodic import Episodic
from gemel.learners.full_context import FullContext
from gemel.losses.loss import EpisodeLoss
from gemel.similarity import Similarity


def soft_maximum(scores: Tensor, labels: Tensor, classes: int, scale: float = 1.0) -> Tensor:
    """Return ``log(mean_{i in c} exp(scale * s_i)) / scale`` of each class c: between its mean and its highest score.

    (..., S), (S,) in 0 ... classes-1 -> (..., classes). A class of one item has that item's score, to the bit.
    """
    highest = scores.new_full((*scores.shape[:-1], classes), -torch.inf)
    highest = highest.scatter_reduce(-1, labels.expand_as(scores), scores.detach(), "amax")  # keeps exp from overflow
    weights = torch.exp(scale * (scores - highest[..., labels]))
    members = (labels[:, None] == torch.arange(classes, device=labels.device)).to(scores)  # (S, N)
    return highest + torch.log(weights @ (members / members.sum(0))) / scale


class Matching(Episodic):
    """Attention over the support: ``p(c | x) = sum_{i in c} a_i``, ``a_i = softmax_i(scale * cosine(f(x), g(x_i)))``.

    Vinyals et al. 2016, with ``similarity: cosine`` and ``loss: cross_entropy``. The score of a class is the
    ``soft_maximum`` of its items' cosines, so that ``softmax_c(scale * score_c)`` is p and the loss ``-log p(true
    class)``, wherever the classes have equally many items, as in episodes. Of unequal classes, the paper's sum favours
    the larger; this is their mean attention. ``log p`` itself would rank alike, but tells nothing about an item of no
    class at all; the score here is on the scale of the pairs that thresholds and calibration know, and with one
    item a class it is the pair's very score.

    Args:
        encoder: items -> embeddings.
        similarity: the attention's; ``cosine`` in the paper.
        loss: an ``EpisodeLoss``.
        scale: of the attention; 1 in the paper, which leaves the softmax of a cosine flat.
        context: ``none``; or ``full``, the paper's full context embeddings (see ``FullContext``). A pair of items,
            which has no support, is scored without.
        reads: steps in which a query reads the support, for ``context: full``.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: EpisodeLoss,
        scale: float = 1.0,
        context: Literal["none", "full"] = "none",
        reads: int = 5,
    ) -> None:
        super().__init__(encoder, similarity, loss, scale)
        if context not in ("none", "full"):
            raise ValueError(f"context is '{context}'; it must be 'none' or 'full'")
        self.context = FullContext(encoder.dimensions, reads) if context == "full" else None

    @property
    def softmax_scale(self) -> float | None:
        """That of training where context moves the embeddings: the calibration belongs to items out of context."""
        return None if self.context is None else self.scale

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the soft maximum of each query's scores with the items of each class; see ``ClassScorer``."""
        if self.context is not None:
            query, support = self.context(query, support)
        return soft_maximum(self.similarity.matrix(query, support), labels, classes, self.scale)
