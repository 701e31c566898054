"""Binary cross-entropy of a pair's score."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.losses.loss import PairLoss
from gemel.similarity import Similarity


class BinaryCrossEntropy(PairLoss):
    """``-same log p - (1 - same) log(1 - p)`` with ``p = sigmoid(scale * score + bias)``.

    With the defaults the score is itself the logit, as ``weighted_l1`` gives it (Koch et al. 2015). The other
    similarities are bounded above, so that ``p`` could not come near 1: they want a scale and a bias, best ``learned``
    from a start such as 10 and -5 (as in SigLIP, Zhai et al. 2023). The scale is learned as its logarithm and stays
    positive. Computed from the logit, so that loss and gradient are finite however sure and wrong the score is.

    Args:
        scale: multiplies the score; above 0.
        bias: is added to it.
        learned: learn scale and bias, from these values.
    """

    def __init__(self, scale: float = 1.0, bias: float = 0.0, learned: bool = False) -> None:
        super().__init__()
        if scale <= 0:
            raise ValueError(f"scale is {scale}; it must be above 0")
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)), requires_grad=learned)
        self.bias = nn.Parameter(torch.tensor(float(bias)), requires_grad=learned)

    def forward(self, score: Tensor, same: Tensor, similarity: Similarity) -> Tensor:
        logit = self.log_scale.exp() * score + self.bias
        return functional.binary_cross_entropy_with_logits(logit, same.to(logit), reduction="none")
