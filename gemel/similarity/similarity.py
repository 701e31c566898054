"""What every similarity promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from gemel.similarity.class_scorer import prototypes


class Similarity(nn.Module, ABC):
    """Two embeddings -> one score, higher for more alike; symmetric, and highest for an item with itself.

    ``forward(a, b)`` broadcasts over leading axes: (..., D), (..., D) -> (...). Embeddings of any scale are taken as
    they come; a similarity that wants unit length normalises them itself. To the bit, ``forward(a, b)`` equals
    ``forward(b, a)`` and ``forward(x, x)`` equals ``highest``, and so with ``matrix``; the two agree but for rounding.
    """

    #: Whether a training may lower the precision of ``class_scores``, where these are a network's of several layers.
    autocast = False

    #: Class scores are on the scale of pairs' scores.
    softmax_scale: float | None = None

    @property
    def highest(self) -> float | Tensor:
        """``score(x, x)``, to the bit, for every x; no pair scores more. 0 unless the similarity says otherwise."""
        return 0.0

    def canonical(self, embeddings: Tensor) -> Tensor:
        """Return the embeddings in the form to average and to store, which leaves their scores: (..., D) -> (..., D).

        As they come, unless the similarity says otherwise.
        """
        return embeddings

    @abstractmethod
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the score of each pair: (..., D), (..., D) -> (...)."""

    def matrix(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the score of every row of ``a`` (..., M, D) with every row of ``b`` (..., N, D): (..., M, N)."""
        return self.forward(a.unsqueeze(-2), b.unsqueeze(-3))

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the score of each query with each class's mean embedding, unless the similarity says otherwise.

        (..., Q, D), (..., S, D), (S,) in 0 ... classes-1 -> (..., Q, classes); see ``ClassScorer``.
        """
        return self.matrix(query, prototypes(support, labels, classes))

    def likeness(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the class scores; see ``ClassScorer``."""
        return self.class_scores(query, support, labels, classes)

    def distance(self, score: Tensor) -> Tensor:
        """Return the distance (>= 0) that a score stands for: ``highest - score``.

        The only place where scores and distances meet; losses that a paper writes in distances start here.
        """
        return self.highest - score
