"""A gradient -> what to add to the parameters."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

#: What a rule remembers from step to step: moments, hidden states, a count.
State = tuple[Tensor, ...]


class UpdateRule(Protocol):
    """An optimiser as a pure function of a gradient and a state, coordinate by coordinate."""

    def start(self, theta: Tensor) -> State:
        """Return the state before the first step, for parameters of any shape."""

    def __call__(self, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the update, of the gradient's shape, to be added to the parameters; and the next state."""
