"""Mean squared error of an episode's scores."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from gemel.losses.loss import EpisodeLoss


class MeanSquaredError(EpisodeLoss):
    """``(score_c - [c = y])^2``, mean over queries and classes (Sung et al. 2018, where it is summed).

    For scores in [0, 1], such as ``relation`` gives.
    """

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        return functional.mse_loss(scores, functional.one_hot(labels, scores.shape[-1]).to(scores))
