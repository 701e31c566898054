"""A network's structure, into which numbers are put at every call."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from gemel.adaptation.twice_norm import TwiceNorm

#: Parameters and buffers by name.
Numbers = Mapping[str, Tensor]


class Stateless:
    """``f(numbers, items)``: a network as a function of its parameters and buffers; it keeps none of its own.

    Args:
        network: whose structure is taken.
        training: as in training: dropout drops, and running statistics are brought up to date.
        batch_statistics: batch norms take the statistics of the batch in evaluation, too.
        twice: batch norms are those that are cheap to differentiate twice, which ``torch.func.vmap`` does not take.
    """

    def __init__(self, network: nn.Module, training: bool, batch_statistics: bool, twice: bool = True) -> None:
        self.structure = copy.deepcopy(network).to("meta").train(training)
        for norm in self.structure.modules():
            if twice and type(norm) is nn.BatchNorm2d:
                norm.__class__ = TwiceNorm  # the same numbers, under the same names
            if batch_statistics and not training and isinstance(norm, _BatchNorm):
                norm.train()
                norm.track_running_stats = False  # in training mode, what is kept is neither read nor changed

    def __call__(self, numbers: Numbers, items: Tensor) -> Tensor:
        """Return the network's output with these numbers, all of them, in float32 at least: (B, ...) -> (B, N)."""
        output: Tensor = functional_call(self.structure, dict(numbers), (items,), strict=True)
        return output.to(torch.promote_types(output.dtype, torch.float32))
