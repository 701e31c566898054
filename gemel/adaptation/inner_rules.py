"""What one step on a support set does to the numbers, given their gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gemel.adaptation.stateless import Numbers


def key_of(name: str) -> str:
    """Return a parameter's name in the form in which torch lets a module keep it."""
    return name.replace(".", "/")


@dataclass
class Moment:
    """Where an inner loop stands: its ``step`` from 0, the support's ``loss`` (), and what its rule remembers."""

    step: int
    loss: Tensor
    memory: dict[str, Tensor] = field(default_factory=dict)


class InnerRule(nn.Module, ABC):
    """Numbers and their gradients -> the next numbers. What it learns, it learns by the outer loss.

    Args:
        numbers: those that it will change, as they are at first.
        steps: of an inner loop.
        rate: the first step's length.
    """

    def __init__(self, numbers: Numbers, steps: int, rate: float) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, numbers: Numbers, gradients: Numbers, moment: Moment) -> Numbers:
        """Return the numbers after a step; what is to be remembered goes into ``moment.memory``."""


class FixedRate(InnerRule):
    """``phi - rate * g``: MAML (Finn et al. 2017)."""

    def __init__(self, numbers: Numbers, steps: int, rate: float) -> None:
        super().__init__(numbers, steps, rate)
        self.rate = rate

    def forward(self, numbers: Numbers, gradients: Numbers, moment: Moment) -> Numbers:
        return {name: value - self.rate * gradients[name] for name, value in numbers.items()}


class RatePerStep(InnerRule):
    """``phi - rate[layer, step] * g``, rates learned, one a tensor and step: MAML++ (Antoniou et al. 2019).

    A step beyond the last takes the last one's rates.
    """

    def __init__(self, numbers: Numbers, steps: int, rate: float) -> None:
        super().__init__(numbers, steps, rate)
        self.rates = nn.ParameterDict({key_of(name): torch.full((max(steps, 1),), rate) for name in numbers})

    def forward(self, numbers: Numbers, gradients: Numbers, moment: Moment) -> Numbers:
        def rate(name: str) -> Tensor:
            rates: Tensor = self.rates[key_of(name)]
            return rates[min(moment.step, len(rates) - 1)]

        return {name: value - rate(name) * gradients[name] for name, value in numbers.items()}


class RatePerNumber(InnerRule):
    """``phi - alpha o g``, alpha learned, one a number: Meta-SGD (Li et al. 2017)."""

    def __init__(self, numbers: Numbers, steps: int, rate: float) -> None:
        super().__init__(numbers, steps, rate)
        self.rates = nn.ParameterDict({key_of(name): torch.full_like(value, rate) for name, value in numbers.items()})

    def forward(self, numbers: Numbers, gradients: Numbers, moment: Moment) -> Numbers:
        return {name: value - self.rates[key_of(name)] * gradients[name] for name, value in numbers.items()}


class RunningScale(InnerRule):
    """``phi - rate * g / sqrt(v)``, v the running mean of ``g^2``: Adam (Kingma & Ba 2015) without momentum.

    As in Reptile's published code, v goes on from task to task while it learns; in evaluation it stays.
    """

    count: Tensor

    def __init__(self, numbers: Numbers, rate: float, decay: float = 0.999) -> None:
        super().__init__(numbers, 0, rate)
        self.rate, self.decay = rate, decay
        for name, value in numbers.items():
            self.register_buffer(key_of(name), torch.zeros_like(value))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, numbers: Numbers, gradients: Numbers, moment: Moment) -> Numbers:
        if self.training:
            self.count += 1
        return {name: value - self.rate * self.scaled(name, gradients[name]) for name, value in numbers.items()}

    @torch.no_grad()
    def scaled(self, name: str, gradient: Tensor) -> Tensor:
        """Return a gradient over the root of its running square, which it joins in training."""
        square = self.get_buffer(key_of(name))
        if self.training:
            square.lerp_(gradient.square(), 1 - self.decay)
        if not self.count:  # nothing is known yet
            return gradient.sign()
        return gradient / ((square / (1 - self.decay**self.count)).sqrt() + 1e-8)
