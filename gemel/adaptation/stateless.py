"""A network's structure, into which numbers are put at every call."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from gemel.adaptation.twice_halve import TwiceHalve
from gemel.adaptation.twice_norm import TwiceNorm
from gemel.encoders.pooling import Halve

#: Parameters and buffers by name.
Numbers = Mapping[str, Tensor]

#: Modules, and those that do the same under the same names but are cheap to differentiate twice.
TWICE: dict[type[nn.Module], type[nn.Module]] = {nn.BatchNorm2d: TwiceNorm, Halve: TwiceHalve}


class Stateless:
    """``f(numbers, items)``: a network as a function of its parameters and buffers; it keeps none of its own.

    Threads may call it side by side: each puts the numbers into a structure of its own.

    Args:
        network: whose structure is taken.
        training: as in training: dropout drops, and running statistics are brought up to date.
        batch_statistics: batch norms take the statistics of the batch in evaluation, too.
        twice: batch norms and poolings are those that are cheap to differentiate twice, which ``torch.func.vmap`` does
            not take.
    """

    def __init__(self, network: nn.Module, training: bool, batch_statistics: bool, twice: bool = True) -> None:
        self.structure = copy.deepcopy(network).to("meta").train(training)
        for module in self.structure.modules():
            if twice:
                module.__class__ = TWICE.get(type(module), type(module))
            if batch_statistics and not training and isinstance(module, _BatchNorm):
                module.train()
                module.track_running_stats = False  # in training mode, what is kept is neither read nor changed
        self.structures: dict[int, nn.Module] = {}  # by thread

    def __call__(self, numbers: Numbers, items: Tensor, **options: str) -> Tensor:
        """Return the network's output with these numbers, all of them, in float32 at least: (B, ...) -> (B, N)."""
        thread = threading.get_ident()
        if thread not in self.structures:
            self.structures[thread] = copy.deepcopy(self.structure)
        output: Tensor = functional_call(self.structures[thread], dict(numbers), (items,), options, strict=True)
        return output.to(torch.promote_types(output.dtype, torch.float32))
