"""A start from which a few gradient steps on a support set lead far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from gemel.adaptation import INNER_RULES, Numbers, Stateless, descent
from gemel.batches import Batch, Episode, Labelled
from gemel.encoders import Encoder
from gemel.learners.adaptive import Adaptive, Outcome
from gemel.learners.learner import Step
from gemel.losses.loss import EpisodeLoss
from gemel.similarity import Similarity

#: Which numbers a support set changes: the prefixes of their names.
ADAPTS = {"all": ("encoder.", "head."), "head": ("head.",), "body": ("encoder.",)}


class MAML(Adaptive):
    """``min_theta sum over tasks of L_query(phi_k)``, where ``phi_0 = theta``, ``phi_j = phi_{j-1} - rate * g_j`` with
    ``g_j = grad L_support(phi_{j-1})``.

    Model-agnostic meta-learning (Finn, Abbeel & Levine 2017). By its options it is also

        order: 1                FOMAML: each g_j counts as a constant, so that theta takes the gradient of phi_k
        adapts: head            ANIL (Raghu et al. 2020): the head alone adapts;  adapts: body  BOIL (Oh et al. 2021)
        rule: per_number        Meta-SGD (Li et al. 2017): one learned rate a number
        rule: per_step          MAML++ (Antoniou et al. 2019): one learned rate a tensor and step
        multi_step: S           MAML++: the queries' loss after every step counts; over S training steps the last one's
                                share rises from an even one to all

    Args:
        encoder, similarity, loss, size, ways, batch_norm, transductive: see ``Adaptive``.
        steps: k, in training.
        test_steps: k in evaluation; as in training where 0.
        rate: of the inner loop, or where it starts.
        order: 2, or 1.
        adapts: ``all``, ``head`` or ``body``.
        rule: ``fixed``, ``per_step``, ``per_number`` or ``lstm``.
        multi_step: see above; 0 leaves it out.

    Raises:
        ValueError: an option is out of range.
    """

    seen: Tensor

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: EpisodeLoss,
        size: tuple[int, int],
        ways: int = 5,
        steps: int = 1,
        test_steps: int = 0,
        rate: float = 0.4,
        order: int = 2,
        adapts: str = "all",
        rule: str = "fixed",
        multi_step: int = 0,
        batch_norm: str = "batch",
        transductive: bool = True,
    ) -> None:
        super().__init__(encoder, similarity, loss, size, ways, batch_norm, transductive)
        if steps < 1 or test_steps < 0 or multi_step < 0 or rate <= 0:
            raise ValueError(
                f"steps is {steps}, test_steps {test_steps}, multi_step {multi_step}, rate {rate}; they must be >= 1, "
                ">= 0, >= 0 and > 0"
            )
        if order not in (1, 2) or adapts not in ADAPTS or rule not in INNER_RULES:
            raise ValueError(
                f"order is {order}, adapts '{adapts}', rule '{rule}'; they must be 1 or 2, one of "
                f"{', '.join(ADAPTS)}, and one of {', '.join(INNER_RULES)}"
            )
        self.steps, self.test_steps, self.order, self.multi_step = steps, test_steps or steps, order, multi_step
        self.adapts = adapts
        self.rule = INNER_RULES[rule](self.changing(), steps, rate)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def changing(self) -> Numbers:
        """Return the numbers that a support set changes, as they are before."""
        return {name: value for name, value in self.network.named_parameters() if name.startswith(ADAPTS[self.adapts])}

    def descended(
        self, function: Stateless, support: Labelled, classes: int, steps: int, order: int
    ) -> Iterator[Numbers]:
        """Give all numbers of the network after each step on a support set."""
        every = self.numbers()

        def loss_of(numbers: Numbers, step: int) -> Tensor:
            return self.loss(function({**every, **numbers}, support.items)[:, :classes], support.labels)

        for numbers in descent(self.changing(), loss_of, self.rule, steps, order):
            yield {**every, **numbers}

    def forward(self, batch: Batch) -> Step:
        if self.training:
            self.seen += 1
        return super().forward(batch)

    @torch.enable_grad()
    def outcome(self, episode: Episode, learnt: Sequence[Tensor]) -> Outcome:
        function, truth = self.functions[self.training], episode.query.labels
        classes, loss = int(truth.max()) + 1, torch.zeros((), device=self.device)
        shares = self.shares()
        for share, numbers in zip(
            shares, self.descended(function, episode.support, classes, self.steps, self.order), strict=True
        ):
            if share:
                logits = function(numbers, episode.query.items)[:, :classes]
                loss = loss + share * self.loss(logits, truth)
        gradients = torch.autograd.grad(loss, learnt, allow_unused=True, materialize_grads=True)
        return Outcome(loss.detach(), gradients, (logits.argmax(-1) == truth).float().mean())

    def shares(self) -> list[float]:
        """Return what the queries' loss after each step counts: the last alone, or by ``multi_step``."""
        late = 1.0 if not self.multi_step else min(1.0, float(self.seen) / self.multi_step)
        even = (1 - late) / self.steps
        return [even] * (self.steps - 1) + [even + late]

    def adapted(self, support: Labelled) -> Numbers:
        classes = int(support.labels.max()) + 1
        *_, last = self.descended(self.functions[False], support, classes, self.test_steps, order=0)
        return {name: value.detach() for name, value in last.items()}
