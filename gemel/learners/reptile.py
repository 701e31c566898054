"""A start that lies near where every task leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Unpack

import torch
from torch import Tensor

from gemel.adaptation import Numbers, RunningScale, Stateless, descent
from gemel.batches import Episode, Labelled
from gemel.learners.adaptive import Adaptive, Outcome, Shared
from gemel.randomness import torch_generator


def batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Give batches of the numbers 0 ... count-1 without end, every number once a round: (size,), or all of fewer."""
    while True:
        yield from torch.split(torch.randperm(count, generator=generator), size)


class Reptile(Adaptive):
    """``theta += step size * mean over tasks of (phi_k - theta)``, phi_k after k batches of a task's items.

    Nichol, Achiam & Schulman 2018. The optimiser descends ``theta - phi_k`` as if it were a gradient: the paper's step
    is ``training: {optimizer: sgd, momentum: 0, learning_rate: STEP SIZE, weight_decay: 0}`` with a ``clip`` that does
    not bite, and AdamW does, too. Inner steps are Adam's without momentum (``RunningScale``), on batches drawn from the
    task's support; its queries only tell how well it went.

    Args:
        steps: k, in training; test_steps: in evaluation.
        rate: of an inner step.
        batch: items an inner step.
        shared: see ``Adaptive``.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        *,
        steps: int = 5,
        test_steps: int = 50,
        rate: float = 1e-3,
        batch: int = 10,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(**shared)
        if steps < 1 or test_steps < 1 or batch < 2 or rate <= 0:
            raise ValueError(
                f"steps is {steps}, test_steps {test_steps}, batch {batch}, rate {rate}; they must be >= 1, >= 1, >= 2 "
                "and > 0"
            )
        self.steps, self.test_steps, self.batch = steps, test_steps, batch
        self.rule = RunningScale(dict(self.network.named_parameters()), rate)

    def walked(
        self, function: Stateless, support: Labelled, steps: int, generator: torch.Generator | None = None
    ) -> Iterator[Numbers]:
        """Give all numbers of the network after 0, 1, ... batches of a support set."""
        every, classes = self.numbers(), self.loss.width(support.labels)
        drawn = batches(len(support.labels), self.batch, generator or torch_generator(0, "batches"))

        def loss_of(numbers: Numbers, step: int) -> Tensor:
            chosen = next(drawn)
            outputs = function({**every, **numbers}, support.items[chosen])[:, :classes]
            return self.loss(outputs, support.labels[chosen])

        for numbers in descent(dict(self.network.named_parameters()), loss_of, self.rule, steps, order=0):
            yield {**every, **{name: value.detach() for name, value in numbers.items()}}

    @torch.enable_grad()
    def outcome(self, episode: Episode, learnt: Sequence[Tensor]) -> Outcome:
        seed = int(torch.randint(2**31, ()))  # the step's own, by which training is seeded
        *_, reached = self.walked(self.functions[self.training], episode.support, self.steps, torch_generator(seed))
        truth = episode.query.labels
        with torch.no_grad():
            outputs = self.functions[False](reached, episode.query.items)[:, : self.loss.width(truth)]
            loss, figure = self.loss(outputs, truth), self.loss.figure(outputs, truth)
            apart = {id(value): value - reached[name] for name, value in self.network.named_parameters()}
        return Outcome(loss, [apart[id(value)].detach() for value in learnt], figure)
