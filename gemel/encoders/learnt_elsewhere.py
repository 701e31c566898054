"""Encoders whose weights come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from torch import Tensor, nn

from gemel.encoders.encoder import Encoder
from gemel.errors import did_you_mean

#: What training may move of such an encoder.
TUNE = ("nothing", "last_block", "all")


class LearntElsewhere(Encoder):
    """An encoder of colour pictures that has learnt already; training moves nothing, its last block, or all of it.

    What does not move stays as in evaluation, batch norms' statistics included. Grey pictures are taken thrice.
    """

    def tune(self, choice: str, body: nn.Module, last: Sequence[nn.Module]) -> None:
        """Let training move what was chosen of ``body``, whose end is ``last``.

        Raises:
            ValueError: the choice is none of ``TUNE``.
        """
        if choice not in TUNE:
            raise ValueError(f"tune is '{choice}'.{did_you_mean(choice, TUNE)}")
        body.requires_grad_(choice == "all")
        for block in last:
            block.requires_grad_(choice != "nothing")

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for part in self.children() if mode else ():
            hold_still(part)
        return self

    @staticmethod
    def coloured(items: Tensor) -> Tensor:
        """Return the items with three channels: (B, 1 or 3, H, W) -> (B, 3, H, W)."""
        return items.expand(-1, 3, -1, -1)


def hold_still(part: nn.Module) -> None:
    """Put into evaluation mode what does not learn of a module."""
    parameters = list(part.parameters())
    if parameters and not any(parameter.requires_grad for parameter in parameters):
        part.eval()
    else:
        for inner in part.children():
            hold_still(inner)
