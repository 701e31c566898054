"""Batch norms that are other ones at every inner step."""

from __future__ import annotations

import copy

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gemel.adaptation.stateless import Numbers

#: What stands in a number's name between its batch norm and the step.
SETS = ".sets."


class NormSets(nn.Module):
    """A batch norm's weights, biases and running statistics, once for each inner step.

    MAML++ (Antoniou, Edwards & Storkey 2019): what a layer sees moves with every step, and one set cannot fit all.
    Called by itself, it is the first step's.

    Args:
        norm: what each set begins as.
        steps: how many sets.
    """

    def __init__(self, norm: _BatchNorm, steps: int) -> None:
        super().__init__()
        self.sets = nn.ModuleList(copy.deepcopy(norm) for _ in range(steps))

    def forward(self, maps: Tensor) -> Tensor:
        first: Tensor = self.sets[0](maps)
        return first


def give_sets(network: nn.Module, steps: int) -> None:
    """Put ``NormSets`` in the place of every batch norm of a network."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                setattr(parent, name, NormSets(child, steps))


def at_step(numbers: Numbers, step: int) -> dict[str, Tensor]:
    """Return the numbers of one step: of each batch norm that step's set, under the batch norm's own name.

    So a network with sets takes the structure of one without. A step beyond the last set is not looked after.
    """
    own = f"{SETS}{step}."
    return {name.replace(own, "."): value for name, value in numbers.items() if SETS not in name or own in name}
