"""A start from which a few gradient steps on a support set lead far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Unpack

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn.modules.dropout import _DropoutNd

from gemel.adaptation import (
    INNER_RULES,
    SETS,
    Numbers,
    Stateless,
    abreast,
    at_step,
    descent,
    fastest,
    give_sets,
    in_threads,
)
from gemel.batches import Batch, Episode, Labelled
from gemel.learners.adaptive import Adaptive, Outcome, Shared
from gemel.learners.learner import Step
from gemel.randomness import seeded

#: (numbers, items) -> outputs: of one task, or of several with the tasks along every first axis.
Function = Callable[..., Tensor]

#: Which numbers a support set changes: the prefixes of their names.
ADAPTS = {"all": ("encoder.", "head."), "head": ("head.",), "body": ("encoder.",)}

#: How many tasks side by side are the fastest where that is known: benchmarks/maml_speed.py.
TOGETHER = {"cpu": 1}

#: How many are tried elsewhere, beside all of a batch.
COUNTS = (1, 4, 16)


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
        batch_norm: per_step    MAML++: each step has its own statistics, weights and biases of the batch norms
        first_order_steps: S    MAML++: ``order: 1`` in the first S training steps
        steps: 0                nothing adapts while it learns: one network for all tasks, as a pretrained one is

    Args:
        steps: k, in training.
        test_steps: k in evaluation; as in training where 0.
        rate: of the inner loop, or where it starts.
        order: 2, or 1.
        adapts: ``all``, ``head`` or ``body``.
        rule: ``fixed``, ``per_step``, ``per_number`` or ``lstm``.
        multi_step, first_order_steps: see above; 0 leaves them out.
        together: tasks that go through side by side (``torch.func.vmap``), their graphs held at once; 0 chooses: on a
            CPU 1, each in a thread, since only networks so small that calls, not sums, take the time are faster side
            by side there; on other devices what is fastest on the first batch.
        shared: see ``Adaptive``.

    Running statistics of batch norms take the mean of what the tasks of a batch make of them. With ``batch_norm:
    per_step`` the set of step j serves the support's way to phi_j and the queries there, what comes after the last
    serves with that, and the sets are learnt by the outer loss alone. Answers then take the statistics of the batch,
    as the published code does, with ``transductive``, and each step's running ones, the paper's words, without.

    Raises:
        ValueError: an option is out of range.
    """

    norms = ("batch", "running", "per_step")
    seen: Tensor

    def __init__(
        self,
        *,
        steps: int = 1,
        test_steps: int = 0,
        rate: float = 0.4,
        order: int = 2,
        adapts: str = "all",
        rule: str = "fixed",
        multi_step: int = 0,
        first_order_steps: int = 0,
        together: int = 0,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(**shared)
        if min(steps, test_steps, multi_step, first_order_steps) < 0 or rate <= 0:
            raise ValueError(
                f"steps is {steps}, test_steps {test_steps}, multi_step {multi_step}, first_order_steps "
                f"{first_order_steps}, rate {rate}; they must be >= 0, and the rate > 0"
            )
        if together < 0 or (together > 1 and rule == "lstm"):
            raise ValueError(
                f"together is {together}; it must be 0 or more, and 0 or 1 for rule lstm, which reads a task's loss"
            )
        if order not in (1, 2) or adapts not in ADAPTS or rule not in INNER_RULES:
            raise ValueError(
                f"order is {order}, adapts '{adapts}', rule '{rule}'; they must be 1 or 2, one of "
                f"{', '.join(ADAPTS)}, and one of {', '.join(INNER_RULES)}"
            )
        self.steps, self.test_steps, self.order, self.multi_step = steps, test_steps or steps, order, multi_step
        self.adapts, self.first_order_steps = adapts, first_order_steps
        self.together, self.choosing = together or 1, together == 0 and rule != "lstm"
        self.several = tuple(Stateless(self.network, mode, self.by_batch, twice=False) for mode in (False, True))
        if self.batch_norm == "per_step":
            give_sets(self.network, max(steps, 1))
        self.rule = INNER_RULES[rule](self.changing(), steps, rate)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    @property
    def by_batch(self) -> bool:
        return self.batch_norm == "batch" or (self.batch_norm == "per_step" and self.transductive)

    def changing(self) -> Numbers:
        """Return the numbers that a support set changes, as they are before."""
        every, prefixes = self.network.named_parameters(), ADAPTS[self.adapts]
        return {name: value for name, value in every if name.startswith(prefixes) and SETS not in name}

    def serving(self, numbers: Numbers, step: int) -> Numbers:
        """Return the numbers with the batch norms of a step."""
        return at_step(numbers, min(step, max(self.steps, 1) - 1))

    def descended(
        self, function: Function, support: Labelled, classes: int, steps: int, order: int, start: Numbers | None = None
    ) -> Iterator[Numbers]:
        """Give all numbers of the network after 0, 1, ... steps on a support set, or on several side by side.

        Args:
            function: the network's.
            support: (S, ...), (S,), or (T, S, ...), (T, S).
            classes: outputs that count.
            steps, order: see ``descent``.
            start: all numbers before, with a first axis of T for several tasks; by default the network's.
        """
        every, items, rest = self.numbers() if start is None else start, support.items, {}
        if self.adapts == "head" and self.batch_norm != "per_step":  # what it is made of does not change: once will do
            items, rest = function(every, items, part="encoder"), {"part": "head"}
            items = items if order == 2 else items.detach()

        def loss_of(numbers: Numbers, step: int) -> Tensor:
            outputs = function(self.serving({**every, **numbers}, step), items, **rest)
            return self.total(outputs[..., :classes], support.labels)

        changing = {name: every[name] for name in self.changing()}
        for step, numbers in enumerate(descent(changing, loss_of, self.rule, steps, order)):
            yield self.serving({**every, **numbers}, max(step - 1, 0))  # queries go with the step that led there

    def total(self, outputs: Tensor, truth: Tensor) -> Tensor:
        """Return the loss, summed over tasks that are side by side: (Q, N), (Q,), or (T, Q, N), (T, Q) -> ()."""
        return self.loss(outputs, truth) if truth.ndim == 1 else vmap(self.loss)(outputs, truth).sum()

    def forward(self, batch: Batch) -> Step:
        if self.training:
            self.seen += 1
        return super().forward(batch)

    @property
    def threads(self) -> int:
        """How many tasks, or groups of them, are learnt from at once: one on each core.

        All cores serve one after another on other devices, where a core has no more to do than to ask; and where
        dropout draws, whose draws would fall to the tasks as their threads happen to come.
        """
        draws = any(isinstance(part, _DropoutNd) and part.p for part in self.network.modules())
        return 1 if draws or self.device.type != "cpu" else torch.get_num_threads()

    def outcomes(self, episodes: Sequence[Episode], learnt: Sequence[Tensor]) -> Iterator[Outcome]:
        def of(episode: Episode) -> Outcome:
            return self.outcome(episode, learnt)

        if self.choosing:
            self.together = TOGETHER.get(self.device.type) or self.fastest_together(episodes, learnt)
            self.way, self.choosing = self.in_words(), False
        return in_threads(of, abreast(episodes, self.together), self.threads)

    def fastest_together(self, episodes: Sequence[Episode], learnt: Sequence[Tensor]) -> int:
        """Return how many tasks are best learnt from side by side, by trying; nothing changes, and nothing is drawn."""

        def run(count: int) -> None:
            for episode in abreast(episodes, count):
                float(self.outcome(episode, learnt).gradients[0].sum())  # which waits for the device

        with seeded(0, "choosing"):
            return fastest(run, sorted({count for count in COUNTS if count < len(episodes)} | {len(episodes)}))

    def in_words(self) -> str:
        """Return how a batch's tasks are gone through."""
        if self.together > 1:
            return f"tasks: {self.together} side by side"
        return f"tasks: one in each of {self.threads} threads" if self.threads > 1 else "tasks: one after another"

    @torch.enable_grad()
    def outcome(self, episode: Episode, learnt: Sequence[Tensor]) -> Outcome:
        truth = episode.query.labels
        if truth.ndim == 1:
            kept = self.statistics()
            found = self.learnt_from(episode, self.functions[self.training], {**self.numbers(), **kept}, learnt)
            return replace(found, statistics=kept)
        start, function = self.side_by_side(len(truth)), self.several[self.training]
        found = self.learnt_from(episode, vmap(function, randomness="different"), start, learnt)
        return replace(found, statistics={name: start[name].double().mean(0) for name in self.statistics()})

    def statistics(self) -> Numbers:
        """Return copies of the network's buffers, for a task to change."""
        return {name: buffer.clone() for name, buffer in self.network.named_buffers()}

    def side_by_side(self, tasks: int) -> Numbers:
        """Return all numbers of the network, once for each task: (...) -> (T, ...); buffers are copies."""
        every = {name: value.expand(tasks, *value.shape) for name, value in self.numbers().items()}
        return {**every, **{name: every[name].clone() for name in self.statistics()}}

    def learnt_from(self, episode: Episode, function: Function, start: Numbers, learnt: Sequence[Tensor]) -> Outcome:
        """Return what one task, or several side by side, give."""
        truth, loss = episode.query.labels, torch.zeros((), device=self.device)
        classes, tasks = self.loss.width(truth), len(truth) if truth.ndim > 1 else 1
        path = self.descended(function, episode.support, classes, self.steps, self.order_now, start)
        for share, numbers in zip(self.shares(), path, strict=True):
            if share:
                outputs = function(numbers, episode.query.items)[..., :classes]
                loss = loss + share / tasks * self.total(outputs, truth)
        gradients = torch.autograd.grad(loss, learnt, allow_unused=True, materialize_grads=True)
        return Outcome(loss.detach(), gradients, self.loss.figure(outputs.detach(), truth), tasks)

    @property
    def order_now(self) -> int:
        """``order``, or 1 in the first training steps."""
        return 1 if self.first_order_steps and int(self.seen) <= self.first_order_steps else self.order

    def shares(self) -> list[float]:
        """Return what the queries' loss after 0, 1, ... steps counts: the last alone, or by ``multi_step``."""
        late = min(1.0, float(self.seen) / self.multi_step) if self.multi_step and self.steps else 1.0
        shares = [0.0, *((1 - late) / self.steps for _ in range(self.steps))]
        return [*shares[:-1], shares[-1] + late]

    def walked(self, function: Function, support: Labelled, steps: int) -> Iterator[Numbers]:
        classes, start = self.loss.width(support.labels), None
        if support.labels.ndim > 1:
            function, start = vmap(self.several[False]), self.side_by_side(len(support.labels))
        return self.descended(function, support, classes, steps, 0, start)
