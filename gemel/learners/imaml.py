"""MAML whose gradient does not ask how the support was learnt, only what was reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Unpack

import torch
from torch import Tensor

from gemel.adaptation import FixedRate, Numbers, Stateless, descent
from gemel.batches import Episode, Labelled
from gemel.learners.adaptive import Adaptive, Outcome, Shared

#: What a vector is, in as many pieces as the network has tensors.
Pieces = list[Tensor]


def dot(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Return ``a . b`` of two vectors in pieces: ()."""
    return torch.stack([(x * y).sum() for x, y in zip(a, b, strict=True)]).sum()


def conjugate_gradient(product: Callable[[Pieces], Pieces], target: Pieces, rounds: int) -> Pieces:
    """Return x with ``A x = target``, nearly: so many rounds from 0 (Hestenes & Stiefel 1952).

    Args:
        product: x -> A x, A symmetric and positive.
        target: the right side.
        rounds: how many; A is asked once in each.
    """
    solution, residual = [torch.zeros_like(piece) for piece in target], list(target)
    direction, length = list(target), dot(target, target)
    for _ in range(rounds):
        moved = product(direction)
        curvature = dot(direction, moved)
        if length <= 0 or curvature <= 0:  # solved; or A is not positive there, and farther is not better
            break
        rate = length / curvature
        solution = [x + rate * d for x, d in zip(solution, direction, strict=True)]
        residual = [r - rate * m for r, m in zip(residual, moved, strict=True)]
        shorter = dot(residual, residual)
        direction = [r + shorter / length * d for r, d in zip(residual, direction, strict=True)]
        length = shorter
    return solution


class IMAML(Adaptive):
    """``phi* = argmin_phi L_support(phi) + strength / 2 |phi - theta|^2``, and its implicit gradient.

    Rajeswaran, Finn, Kakade & Levine 2019: at phi* the support's gradient and the pull back to theta cancel, so that

        d L_query(phi*) / d theta = (I + H / strength)^-1 grad L_query(phi*),    H the Hessian of L_support at phi*,

    whatever way led there: no graph of the steps is held, however many they are. The product with the inverse is found
    by ``rounds`` of conjugate gradients; each takes one product with H.

    Args:
        steps: gradient steps towards phi*, in training; test_steps: in evaluation, as in training where 0.
        rate: of a step.
        strength: of the pull back to theta.
        rounds: of conjugate gradients.
        shared: see ``Adaptive``.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        *,
        steps: int = 8,
        test_steps: int = 0,
        rate: float = 0.1,
        strength: float = 2.0,
        rounds: int = 5,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(**shared)
        if steps < 1 or test_steps < 0 or rounds < 1 or rate <= 0 or strength <= 0:
            raise ValueError(
                f"steps is {steps}, test_steps {test_steps}, rounds {rounds}, rate {rate}, strength {strength}; they "
                "must be >= 1, >= 0, >= 1, > 0 and > 0"
            )
        self.steps, self.test_steps, self.rounds, self.strength = steps, test_steps or steps, rounds, strength
        self.rule = FixedRate({}, steps, rate)

    def support_loss(self, function: Stateless, support: Labelled) -> Callable[[Numbers], Tensor]:
        """Return phi -> ``L_support(phi)``."""
        buffers, classes = dict(self.network.named_buffers()), self.loss.width(support.labels)

        def loss_of(numbers: Numbers) -> Tensor:
            return self.loss(function({**buffers, **numbers}, support.items)[:, :classes], support.labels)

        return loss_of

    def walked(self, function: Stateless, support: Labelled, steps: int) -> Iterator[Numbers]:
        """Give all numbers of the network after 0, 1, ... steps towards phi*."""
        start, loss_of = dict(self.network.named_parameters()), self.support_loss(function, support)

        def pulled(numbers: Numbers, step: int) -> Tensor:
            away = sum((value - start[name].detach()).square().sum() for name, value in numbers.items())
            return loss_of(numbers) + self.strength / 2 * away

        for numbers in descent(start, pulled, self.rule, steps, order=0):
            yield {**self.numbers(), **numbers}

    def reached(self, function: Stateless, support: Labelled) -> Numbers:
        """Return the parameters after the steps of training towards phi*, each a leaf."""
        *_, last = self.walked(function, support, self.steps)
        return {name: last[name].detach().requires_grad_() for name, _ in self.network.named_parameters()}

    @torch.enable_grad()
    def outcome(self, episode: Episode, learnt: Sequence[Tensor]) -> Outcome:
        function, truth = self.functions[self.training], episode.query.labels
        numbers = self.reached(function, episode.support)
        leaves = list(numbers.values())
        outputs = function({**self.numbers(), **numbers}, episode.query.items)[:, : self.loss.width(truth)]
        loss = self.loss(outputs, truth)
        direct = list(torch.autograd.grad(loss, leaves))
        slopes = torch.autograd.grad(self.support_loss(function, episode.support)(numbers), leaves, create_graph=True)

        def product(pieces: Pieces) -> Pieces:
            bent = torch.autograd.grad(slopes, leaves, pieces, retain_graph=True)
            return [piece + curved / self.strength for piece, curved in zip(pieces, bent, strict=True)]

        solved = dict(zip(numbers, conjugate_gradient(product, direct, self.rounds), strict=True))
        by_parameter = {id(value): solved[name] for name, value in self.network.named_parameters()}
        gradients = [by_parameter[id(value)].detach() for value in learnt]
        return Outcome(loss.detach(), gradients, self.loss.figure(outputs.detach(), truth))
