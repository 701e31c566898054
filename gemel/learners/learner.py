"""What every learner promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gemel.batches import Batch, Labelled
from gemel.encoders import Encoder
from gemel.learners.classifier import Classifier, SupportClassifier
from gemel.similarity import ClassScorer, Similarity


@dataclass(frozen=True)
class Step:
    """What one batch gave: the ``loss`` () to descend, and named figures to show (detached, 0-dimensional)."""

    loss: Tensor
    metrics: dict[str, Tensor] = field(default_factory=dict)


class Learner(nn.Module, ABC):
    """A method: its loss on a batch, and how it adapts to a support set."""

    #: The kind of batches it trains on where a recipe names none: a key of ``gemel.data.SAMPLERS``.
    sampler: str

    #: The shapes of batch that it takes.
    batches: tuple[type[Batch], ...] = (Labelled,)

    #: The kind of loss that it descends.
    loss_kind: type[nn.Module] = nn.Module

    #: How it goes through its batches, in words, where that was for it to choose; known after the first of them.
    way: str | None = None

    @property
    def device(self) -> torch.device:
        """Where it is; the CPU where it has no parameters."""
        return next((parameter.device for parameter in self.parameters()), torch.device("cpu"))

    @property
    def most_classes(self) -> int | None:
        """The most classes that a support set may hold; None for any number."""
        return None

    @abstractmethod
    def forward(self, batch: Batch) -> Step:
        """Return the training loss of a batch of items, with the figures worth watching."""

    def settle(self, embedded: Callable[[int], tuple[Tensor, Tensor]]) -> None:
        """Take from the training classes what the method needs of them, once, after training; nothing by default.

        Args:
            embedded: c -> their items' embeddings (M, D), as ``embed`` gives them now, and class numbers (M,): each
                item as it is, and in c augmented copies.
        """

    @abstractmethod
    def adapt(self, support: Labelled) -> Classifier:
        """Return a classifier for the classes of a support set; the learner itself does not change."""


class EmbeddingLearner(Learner, ABC):
    """A learner whose items become embeddings that a similarity compares: ``embed``, ``score``, ``adapt``."""

    #: Whether it learns from items through ``encode`` alone, so that what an encoder made of them before will do.
    learns_from_features = True

    def __init__(self, encoder: Encoder, similarity: Similarity) -> None:
        super().__init__()
        self.encoder = encoder
        self.similarity = similarity

    def encode(self, items: Tensor) -> Tensor:
        """Return the encoder's output in float32, for a loss to work on: (B, C, H, W) -> (B, D).

        (B, D) is such an output already, kept from before.
        """
        return items.float() if items.ndim == 2 else self.encoder(items).float()

    def embed(self, items: Tensor) -> Tensor:
        """Return the embeddings in the similarity's canonical form: (B, C, H, W) -> (B, D)."""
        return self.similarity.canonical(self.encode(items))

    def score(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the score of each pair of *items*: (B, C, H, W) twice -> (B,); symmetric."""
        return self.similarity(self.embed(a), self.embed(b))

    def adapt(self, support: Labelled) -> Classifier:
        return SupportClassifier(self.embed, self, self.embed(support.items), support.labels.clone())

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Return texts as embeddings that compare with those of items: B texts -> (B, D).

        Raises:
            ModelError: the encoder knows no texts.
        """
        return self.similarity.canonical(self.encoder.text_tower()(texts))

    def adapt_to_names(self, texts: Sequence[str]) -> Classifier:
        """Return a classifier for the classes that texts name, one each, without an item of any ("zero-shot").

        Raises:
            ModelError: see ``embed_texts``.
        """
        support = self.embed_texts(texts)
        return SupportClassifier(self.embed, self, support, torch.arange(len(texts), device=support.device))

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the scores of embedded queries against classes, by the similarity unless the method says otherwise.

        (..., Q, D), (..., S, D), (S,) in 0 ... classes-1 -> (..., Q, classes); see ``ClassScorer``.
        """
        return self.similarity.class_scores(query, support, labels, classes)

    def scorer_for(self, support: Tensor, labels: Tensor, classes: int) -> ClassScorer:
        """Return what scores queries against this one support set: the learner, unless it has something to keep for it.

        (S, D), (S,) in 0 ... classes-1.
        """
        return self

    @property
    def softmax_scale(self) -> float | None:
        """None where class scores are on the scale of pairs' scores, which thresholds and calibration know.

        A method whose scores only tell the support's classes from each other says what they are multiplied by for a
        softmax over these classes.
        """
        return None

    def likeness(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the class scores on the scale of pairs' scores, if need be the similarity's; see ``ClassScorer``."""
        if self.softmax_scale is None:
            return self.class_scores(query, support, labels, classes)
        return self.similarity.class_scores(query, support, labels, classes)
