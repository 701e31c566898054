"""The optimisers that a learned one is held against, as update rules; all but the rate is as the field sets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gemel.optimisers.update_rule import State, UpdateRule

#: Keeps RMSprop and Adam from dividing by zero.
EPSILON = 1e-8


@dataclass(frozen=True)
class Sgd:
    """``u = -rate g`` (Robbins & Monro 1951)."""

    rate: float

    def start(self, theta: Tensor) -> State:
        return ()

    def __call__(self, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        return -self.rate * gradient, state


@dataclass(frozen=True)
class Nesterov:
    """``v = m v + g``, ``u = -rate (g + m v)`` (Nesterov 1983, in the form of Sutskever et al. 2013)."""

    rate: float
    momentum: float = 0.9

    def start(self, theta: Tensor) -> State:
        return (torch.zeros_like(theta),)

    def __call__(self, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        velocity = self.momentum * state[0] + gradient
        return -self.rate * (gradient + self.momentum * velocity), (velocity,)


@dataclass(frozen=True)
class RmsProp:
    """``s = a s + (1 - a) g²``, ``u = -rate g / (√s + ε)`` (Tieleman & Hinton 2012)."""

    rate: float
    decay: float = 0.99

    def start(self, theta: Tensor) -> State:
        return (torch.zeros_like(theta),)

    def __call__(self, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        square = self.decay * state[0] + (1 - self.decay) * gradient.square()
        return -self.rate * gradient / (square.sqrt() + EPSILON), (square,)


@dataclass(frozen=True)
class Adam:
    """``u = -rate m̂ / (√v̂ + ε)``, m̂ and v̂ the averages of g and g², freed of their start at zero (Kingma & Ba 2015)."""

    rate: float
    decay: float = 0.9
    square_decay: float = 0.999

    def start(self, theta: Tensor) -> State:
        return torch.zeros_like(theta), torch.zeros_like(theta), torch.zeros(())

    def __call__(self, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        mean, square, count = state
        mean = self.decay * mean + (1 - self.decay) * gradient
        square = self.square_decay * square + (1 - self.square_decay) * gradient.square()
        count = count + 1
        unbiased, spread = mean / (1 - self.decay**count), square / (1 - self.square_decay**count)
        return -self.rate * unbiased / (spread.sqrt() + EPSILON), (mean, square, count)


#: A name -> its rule at a rate.
BASELINES: dict[str, Callable[[float], UpdateRule]] = {
    "sgd": Sgd,
    "nesterov": Nesterov,
    "rmsprop": RmsProp,
    "adam": Adam,
}
