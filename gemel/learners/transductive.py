"""Queries that help each other: the classes' means move to where the queries of a task gather."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from gemel.encoders import Encoder
from gemel.errors import DataError
from gemel.learners.classification import Classification
from gemel.losses.loss import ClassLoss
from gemel.similarity import Similarity, prototypes

#: Sinkhorn's rounds of rows and columns.
ROUNDS = 20


def balanced_log_shares(logits: Tensor) -> Tensor:
    """Return ``log P``, P the plan nearest to ``e^logits`` with rows of sum 1 and columns of sum Q / N.

    (..., Q, N) -> (..., Q, N), by Sinkhorn's rounds (Cuturi 2013), which end with the rows.
    """
    queries, classes = logits.shape[-2:]
    shares = logits
    for _ in range(ROUNDS):
        shares = shares - torch.logsumexp(shares, -2, keepdim=True) + math.log(queries / classes)
        shares = functional.log_softmax(shares, -1)
    return shares


class Transductive(Classification):
    """All queries of a task answered together: soft k-means from the support's means (PT-MAP; Hu et al. 2021).

    Training is that of ``Classification``. At test, from ``m_c``, the mean of class c's support, and ``i`` times

        p_qc = softmax_c(scale * score(q, m_c)),
        m_c += rate * ((K m0_c + sum_q p_qc q) / (K + sum_q p_qc) - m_c),        m0_c the support's mean, K its items.

    With ``balanced`` p is the optimal-transport plan in which every class gets as many queries (Sinkhorn), as in
    PT-MAP: the episodes of benchmarks are so, and life is not. **Transductive**: an answer depends on the other
    queries, so that figures do not compare with those of methods that see one query at a time. The power transform of
    PT-MAP is left out; embeddings are taken in the similarity's canonical form.

    Class scores are ``log p`` after the last round.

    Args:
        encoder: items -> embeddings.
        similarity: compares queries with means.
        loss: a ``ClassLoss``, for training the encoder before.
        scale: of the scores; 20 suits a cosine.
        rounds: i.
        rate: in (0, 1].
        balanced: every class has equally many queries, and this is known.

    Raises:
        ValueError: an option is out of range.
    """

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: ClassLoss,
        scale: float = 20.0,
        rounds: int = 20,
        rate: float = 0.4,
        balanced: bool = False,
    ) -> None:
        super().__init__(encoder, similarity, loss)
        if scale <= 0 or rounds < 0 or not 0 < rate <= 1:
            raise ValueError(f"scale is {scale}, rounds {rounds}, rate {rate}; they must be > 0, >= 0 and in (0, 1]")
        self.scale, self.rounds, self.rate, self.balanced = scale, rounds, rate, balanced

    @property
    def softmax_scale(self) -> float:
        """1: class scores are logarithms of shares."""
        return 1.0

    def class_scores(self, query: Tensor, support: Tensor, labels: Tensor, classes: int) -> Tensor:
        """Return the logarithm of each query's shares: (..., Q, D), (..., S, D), (S,) -> (..., Q, classes).

        Raises:
            DataError: the classes are said to be balanced, and there are not equally many queries for each.
        """
        if self.balanced and query.shape[-2] % classes:
            raise DataError(
                f"learner.balanced takes equally many queries of each class, and {query.shape[-2]} came for {classes} "
                "classes; set learner.balanced=false."
            )
        first = prototypes(support, labels, classes)
        count = torch.bincount(labels, minlength=classes).to(first)[:, None]  # (N, 1)
        means = first
        for _ in range(self.rounds):
            shares = self.log_shares(query, means).exp()
            gathered = (count * first + shares.mT @ query) / (count + shares.sum(-2).unsqueeze(-1))
            means = means + self.rate * (gathered - means)
        return self.log_shares(query, means)

    def log_shares(self, query: Tensor, means: Tensor) -> Tensor:
        """Return ``log p``: (..., Q, D), (..., N, D) -> (..., Q, N)."""
        logits = self.scale * self.similarity.matrix(query, means)
        return balanced_log_shares(logits) if self.balanced else functional.log_softmax(logits, -1)
