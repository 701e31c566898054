"""Cross-entropy over an episode's classes."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from gemel.losses.loss import EpisodeLoss


class CrossEntropy(EpisodeLoss):
    """``-log softmax(scores)_y``, mean over the queries (Snell et al. 2017; Vinyals et al. 2016)."""

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(scores, labels)
