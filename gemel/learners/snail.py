"""SNAIL: temporal convolutions and attention, in turn, over a support set and one query."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.batches import Labelled
from gemel.encoders import Encoder
from gemel.learners.causal_attention import CausalAttention
from gemel.learners.full_context import taken
from gemel.learners.sequence_learner import SequenceLearner
from gemel.learners.temporal_convolution import TemporalConvolution
from gemel.losses.loss import EpisodeLoss
from gemel.similarity import Similarity


class SNAIL(SequenceLearner):
    """A simple neural attentive meta-learner: ``p(c | x, support) = softmax_c(head(h(x)))``.

    Mishra et al. 2018, with ``encoder: {name: conv4, dimensions: 64}`` and ``loss: cross_entropy``. The sequence is the
    support's embeddings, each with its class number, and then the query, with none::

        [f(x_1), y_1], ..., [f(x_S), y_S], [f(x), 0]        S = ways * shots
        h = attention(512, 256)  o  convolution(S + 1, 128)  o  attention(256, 128)  o  convolution(S + 1, 128)
            o  attention(64, 32)

    and a linear head reads N logits from the last step. Each layer is given all channels of those before it. Nothing in
    it sees ahead, so that the support is worked through once for all its queries. See ``SequenceLearner`` for the order
    of the support, and for fewer classes.

    Args:
        encoder: items -> embeddings; the network reads their canonical form.
        similarity: of pairs of items; see ``SequenceLearner``.
        loss: an ``EpisodeLoss``, of the queries.
        ways, shots: N and K of the episodes that it is made for. Longer sequences than N * K + 1 reach the
            convolutions in part, and attention whole.
        readings: see ``SequenceLearner``.

    Raises:
        ValueError: ``ways`` is below 2, ``shots`` or ``readings`` below 1.
    """

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: EpisodeLoss,
        ways: int = 5,
        shots: int = 1,
        readings: int = 1,
    ) -> None:
        super().__init__(encoder, similarity, loss, ways, readings)
        if shots < 1:
            raise ValueError(f"shots is {shots}; it must be 1 or more")
        length = ways * shots + 1
        first = CausalAttention(encoder.dimensions + ways, 64, 32)
        second = TemporalConvolution(first.channels, length, 128)
        third = CausalAttention(second.channels, 256, 128)
        fourth = TemporalConvolution(third.channels, length, 128)
        fifth = CausalAttention(fourth.channels, 512, 256)
        self.layers = nn.ModuleList([first, second, third, fourth, fifth])
        self.head = nn.Linear(fifth.channels, ways)

    def lessons(self, support: Labelled, query: Labelled) -> tuple[Tensor, Tensor]:
        order = self.order(support.items)
        read = Labelled(taken(support.items, order), support.labels.gather(-1, order))
        return self.answers(read, query.items), query.labels

    def answers(self, support: Labelled, query: Tensor) -> Tensor:
        known = torch.cat([support.items, self.told(support.labels)], -1)  # (..., S, D + N)
        asked = functional.pad(query, (0, self.ways))  # (..., Q, D + N)
        rows, steps = torch.cat([known, asked], -2), known.shape[-2]
        for layer in self.layers:
            rows = layer(rows, steps)
        return self.head(rows[..., steps:, :]).float()
