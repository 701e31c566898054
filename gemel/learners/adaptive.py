"""Learning to adapt: a network's own numbers change for every support set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NotRequired, Self, TypedDict

import torch
from torch import Tensor

from gemel.adaptation import Encoded, Network, Numbers, Stateless, handed_gradient
from gemel.batches import Batch, Episode, Labelled, Tasks
from gemel.encoders import Encoder, Pixels
from gemel.errors import DataError
from gemel.learners.classifier import Classifier
from gemel.learners.learner import EmbeddingLearner, Step
from gemel.losses.loss import EpisodeLoss, QueryLoss
from gemel.similarity import Similarity


class Shared(TypedDict):
    """What every adaptive learner is built from: the arguments of ``Adaptive``."""

    encoder: Encoder
    similarity: Similarity
    loss: QueryLoss
    size: tuple[int, int]
    ways: NotRequired[int]
    batch_norm: NotRequired[str]
    transductive: NotRequired[bool]


@dataclass(frozen=True)
class Outcome:
    """What some tasks gave, in the mean.

    Attributes:
        loss, figure: of queries, () each.
        gradients: of what is learnt.
        tasks: how many.
        statistics: what became of the network's buffers, by name, where they were not changed in place.
    """

    loss: Tensor
    gradients: Sequence[Tensor]
    figure: Tensor
    tasks: int = 1
    statistics: Numbers = field(default_factory=dict)


class Adaptive(EmbeddingLearner, ABC):
    """A network ``W f(x) + b`` whose numbers a support set changes, before it is asked about queries.

    It tells classes, or, under a ``RegressionLoss``, a number an item.

    What serves a support set is not known before it comes, and so an item's embedding is its pixels; class scores are
    the logits of the adapted network. Two items by themselves, which verification compares, are compared by the
    similarity of ``f`` as it is, not adapted ("no inner loop", Raghu et al. 2020).

    Batch norms take the statistics of the batch, in evaluation, too, as in the papers. With ``transductive`` a task's
    queries go through together, so that an answer depends on the company; without, each goes with the support alone
    (Nichol et al. 2018 name both).

    Args:
        encoder: f.
        similarity: compares two items' embeddings by f.
        loss: an ``EpisodeLoss`` of logits, or a ``RegressionLoss``.
        size: the items' (height, width); a recipe's ``preprocessing.size`` is taken.
        ways: rows of the head: the classes that a support set can hold; a ``RegressionLoss`` has it one row.
        batch_norm: ``batch``; or ``running``, statistics kept from training, under which answers have no company; some
            learners know more.
        transductive: queries share the statistics of their batch.

    Raises:
        ValueError: an option is out of range.
    """

    sampler = "tasks"
    batches = (Tasks, Episode)
    loss_kind = QueryLoss
    learns_from_features = False

    #: What ``batch_norm`` may be.
    norms: tuple[str, ...] = ("batch", "running")

    #: Steps on a support set before an answer.
    test_steps: int

    #: Tasks that go through side by side; a learner that can says how many.
    together: int = 1

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: QueryLoss,
        size: tuple[int, int],
        ways: int = 5,
        batch_norm: str = "batch",
        transductive: bool = True,
    ) -> None:
        if ways < 2:
            raise ValueError(f"ways is {ways}; it must be at least 2")
        if batch_norm not in self.norms:
            known = " or ".join(f"'{norm}'" for norm in self.norms)
            raise ValueError(f"batch_norm is '{batch_norm}'; it must be {known}")
        rows = ways if isinstance(loss, EpisodeLoss) else 1
        network = Network(encoder, rows)
        super().__init__(Pixels(encoder.channels, size), Encoded(network, similarity, size))
        self.loss, self.ways = loss, rows
        self.batch_norm, self.transductive = batch_norm, transductive
        self.functions = tuple(Stateless(network, mode, self.by_batch) for mode in (False, True))

    @property
    def network(self) -> Network:
        """f and the head, not adapted."""
        assert isinstance(self.similarity, Encoded)
        return self.similarity.network

    @property
    def by_batch(self) -> bool:
        """Whether batch norms take the statistics of the batch in an answer."""
        return self.batch_norm == "batch"

    def numbers(self) -> Numbers:
        """Return all numbers of the network, not adapted."""
        return {**dict(self.network.named_parameters()), **dict(self.network.named_buffers())}

    @property
    def most_classes(self) -> int:
        return self.ways

    @property
    def softmax_scale(self) -> float:
        """1: class scores are logits, which know no other classes than the support's."""
        return 1.0

    # Learning

    def forward(self, batch: Batch) -> Step:
        """Return the mean loss of the tasks' queries after adapting; one task's graph is held at a time."""
        if not isinstance(batch, Tasks | Episode):
            raise TypeError(f"{type(self).__name__} trains on Tasks or Episode batches, not {type(batch).__name__}.")
        episodes = batch.episodes if isinstance(batch, Tasks) else (batch,)
        learnt = [parameter for parameter in self.parameters() if parameter.requires_grad]
        sums = [torch.zeros_like(value) for value in learnt]
        loss = figure = torch.zeros((), device=self.device)
        statistics = dict[str, Tensor]()
        for outcome in self.outcomes(episodes, learnt):
            share = outcome.tasks / len(episodes)
            torch._foreach_add_(sums, list(outcome.gradients), alpha=share)
            loss, figure = loss + share * outcome.loss, figure + share * outcome.figure
            for name, value in outcome.statistics.items():
                statistics[name] = statistics.get(name, 0.0) + share * value.double()
        for name, value in statistics.items():
            self.network.get_buffer(name).copy_(value)
        return Step(handed_gradient(loss, learnt, sums), {self.loss.metric: figure})

    def outcomes(self, episodes: Sequence[Episode], learnt: Sequence[Tensor]) -> Iterator[Outcome]:
        """Give what the tasks of a batch give, one after another."""
        return (self.outcome(episode, learnt) for episode in episodes)

    @abstractmethod
    def outcome(self, episode: Episode, learnt: Sequence[Tensor]) -> Outcome:
        """Return what a task gives in training, with the gradients of what is learnt, in its order."""

    # Answering

    @abstractmethod
    def walked(self, function: Stateless, support: Labelled, steps: int) -> Iterator[Numbers]:
        """Give all numbers of the network after 0, 1, ... steps on a support set."""

    @torch.enable_grad()
    def path(self, support: Labelled, steps: int) -> Iterator[Numbers]:
        """Give all numbers of the network after 0, 1, ... steps on a support set, as an answer takes them: no graph."""
        for numbers in self.walked(self.functions[False], support, steps):
            yield {name: value.detach() for name, value in numbers.items()}

    def adapted(self, support: Labelled) -> Numbers:
        """Return all numbers of the network after the support set, without a graph."""
        *_, last = self.path(support, self.test_steps)
        return last

    def adapt(self, support: Labelled) -> AdaptedClassifier:
        """Return a classifier for the classes of a support set; the learner itself does not change.

        Raises:
            DataError: there are more classes than the head has rows, or the loss is of numbers.
        """
        if not isinstance(self.loss, EpisodeLoss):
            raise DataError(
                f"{type(self.loss).__name__} is of numbers, and no classifier comes of it; path(support, steps) gives "
                "the adapted network."
            )
        items, labels = self.embed(support.items).clone(), support.labels.clone()
        numbers, classes = self.settled(items, labels, int(labels.max()) + 1)
        return AdaptedClassifier(self, items, labels, {name: value.clone() for name, value in numbers.items()}, classes)

    def settled(self, support: Tensor, labels: Tensor, classes: int) -> tuple[Numbers, int]:
        """Return the network's numbers after a support set (S, D), (S,), and the number of classes."""
        if classes > self.ways:
            raise DataError(
                f"The model tells {self.ways} classes at most from each other, and {classes} came; train with "
                f"learner.ways={classes} (and episodes of as many ways)."
            )
        with torch.inference_mode(False), torch.enable_grad():
            return self.adapted(Labelled(self.pictures(support), labels.clone())), classes

    def pictures(self, rows: Tensor) -> Tensor:
        """Return the items that embeddings are: (M, D) -> (M, C, H, W), a copy that autograd may see."""
        assert isinstance(self.similarity, Encoded)
        return self.similarity.pictures(rows.detach()).clone(memory_format=torch.channels_last)

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the adapted network's logits: (..., Q, D), (..., S, D), (S,) -> (..., Q, classes)."""
        tasks = zip(query.flatten(0, -3), support.flatten(0, -3), strict=True) if query.ndim > 2 else [(query, support)]
        scores = [self.logits(*self.settled(known, labels, classes), asked, known) for asked, known in tasks]
        return torch.stack(scores).view(*query.shape[:-1], classes)

    def scorer_for(self, support: Tensor, labels: Tensor, classes: int) -> AdaptedScorer:
        """Return what scores queries against this one support set, to which it is adapted."""
        return AdaptedScorer(self, self.settled(support, labels, classes)[0])

    @torch.no_grad()
    def logits(self, numbers: Numbers, classes: int, query: Tensor, support: Tensor) -> Tensor:
        """Return the logits of queries (Q, D) by an adapted network, beside the support (S, D) where they go alone."""
        function = self.functions[False]
        if self.transductive or not self.by_batch:
            return function(numbers, self.pictures(query))[:, :classes]
        alone = [function(numbers, self.pictures(torch.cat([support, row[None]])))[-1] for row in query]
        return torch.stack(alone)[:, :classes] if alone else query.new_zeros(0, classes)


@dataclass(frozen=True)
class AdaptedScorer:
    """A learner's class scores against one support set, by a network that is adapted to it already.

    Attributes:
        learner: whose structure the numbers belong to.
        numbers: all parameters and buffers, by name.
    """

    learner: Adaptive
    numbers: Numbers

    @property
    def softmax_scale(self) -> float:
        return self.learner.softmax_scale

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the adapted network's logits: (Q, D) -> (Q, classes)."""
        return self.learner.logits(self.numbers, classes, query, support)

    def likeness(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the class scores of the network as it is, not adapted."""
        return self.learner.likeness(query, support, labels, classes)


@dataclass(frozen=True)
class AdaptedClassifier(Classifier):
    """A network's numbers after a support set.

    Attributes:
        learner: whose structure the numbers belong to.
        support, labels: (S, D) pixels and (S,), from which ``add_class`` adapts anew.
        numbers: all parameters and buffers, by name.
        classes: N.
    """

    learner: Adaptive
    support: Tensor
    labels: Tensor
    numbers: Numbers
    classes: int

    def scores(self, items: Tensor) -> Tensor:
        return self.learner.logits(self.numbers, self.classes, self.learner.embed(items), self.support)

    def add_class(self, items: Tensor) -> Self:
        """Return a classifier adapted anew, to one class more.

        Raises:
            ValueError: there is no example.
            DataError: the network has no row left for it.
        """
        if not len(items):
            raise ValueError("a class of no example cannot be told; give at least one")
        support = torch.cat([self.support, self.learner.embed(items)])
        labels = torch.cat([self.labels, self.labels.new_full((len(items),), self.classes)])
        numbers, classes = self.learner.settled(support, labels, self.classes + 1)
        return replace(self, support=support, labels=labels, numbers=numbers, classes=classes)
