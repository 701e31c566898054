"""MANN: a controller with an external memory, which is told each item's class one step late."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gemel.batches import Labelled
from gemel.encoders import Encoder
from gemel.learners.full_context import taken
from gemel.learners.memory import Memory, accessed
from gemel.learners.sequence_learner import SequenceLearner
from gemel.losses.loss import EpisodeLoss
from gemel.similarity import Similarity

#: The controller's output and cell, (B, H) each; what was read, (B, R * W); the memory.
State = tuple[Tensor, Tensor, Tensor, Memory]


class MANN(SequenceLearner):
    """A memory-augmented neural network: ``p(c | x_t, the sequence before) = softmax_c(head([h_t, r_t]))``.

    Santoro et al. 2016, with ``encoder: pixels`` and ``loss: cross_entropy``. The class of an item comes with the next
    item, so that the item must be kept until then, and is to be told from those before::

        h_t, c_t = LSTM([n(f(x_t)), y_(t-1), r_(t-1)], h_(t-1), c_(t-1))    n: each number's mean 0, its variance 1
        k_t = tanh(K h_t), g_t = sigmoid(G h_t)                 a key and a gate for each head
        r_t, M_t = accessed(M_(t-1), k_t, g_t)                  read, then written to; see ``memory``

    It learns from every step of the episodes' items, support and queries together, in an order drawn anew. See
    ``SequenceLearner`` for the order of a support in use, and for fewer classes.

    Args:
        encoder: items -> embeddings; the network reads their canonical form.
        similarity: of pairs of items; see ``SequenceLearner``.
        loss: an ``EpisodeLoss``, of every step.
        ways: N, the most classes of an episode.
        units: H of the controller.
        slots, width: M and W of the memory.
        heads: R, each of which writes and reads.
        decay: of a slot's usage with each step.
        scale: of the cosines of keys and slots; 1 in the paper, which leaves reading all but even over 128 slots.
        readings: see ``SequenceLearner``.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(
        self,
        encoder: Encoder,
        similarity: Similarity,
        loss: EpisodeLoss,
        ways: int = 5,
        units: int = 200,
        slots: int = 128,
        width: int = 40,
        heads: int = 4,
        decay: float = 0.99,
        scale: float = 1.0,
        readings: int = 1,
    ) -> None:
        super().__init__(encoder, similarity, loss, ways, readings)
        if min(units, width, heads) < 1 or slots < heads or not 0 <= decay <= 1 or scale <= 0:
            raise ValueError(
                f"units is {units}, slots {slots}, width {width}, heads {heads}, decay {decay}, scale {scale}; units, "
                "width and heads must be 1 or more, slots as many as heads or more, decay in [0, 1], scale above 0"
            )
        self.units, self.slots, self.width, self.heads = units, slots, width, heads
        self.decay, self.scale = decay, scale
        self.standard = nn.BatchNorm1d(encoder.dimensions, affine=False)  # what all items share says nothing
        self.inputs = nn.Linear(encoder.dimensions + ways, 4 * units)
        self.recurrent = nn.Linear(units + heads * width, 4 * units, bias=False)
        self.keys = nn.Linear(units, heads * width)
        self.gates = nn.Linear(units, heads)
        self.head = nn.Linear(units + heads * width, ways)
        with torch.no_grad():  # at first the cell keeps, and heads write where nothing is
            self.inputs.bias[units : 2 * units].add_(1)
            self.gates.bias.sub_(2)

    def lessons(self, support: Labelled, query: Labelled) -> tuple[Tensor, Tensor]:
        items, labels = torch.cat([support.items, query.items], -2), torch.cat([support.labels, query.labels], -1)
        order = self.order(items)
        labels = labels.gather(-1, order)
        with torch.autocast(self.device.type, enabled=False):  # bfloat16 would blur what is kept, step by step
            return self.sequence_scores(taken(items, order), labels), labels

    def sequence_scores(self, items: Tensor, labels: Tensor) -> Tensor:
        """Return the logits at every step, the classes of the steps before being known.

        (..., T, D), (..., T) in 0 ... ways-1 -> (..., T, ways).
        """
        scores, _ = self.read(items.reshape(-1, *items.shape[-2:]), labels.reshape(-1, labels.shape[-1]))
        return scores.view(*labels.shape, self.ways)

    def answers(self, support: Labelled, query: Tensor) -> Tensor:
        leading, count = query.shape[:-2], query.shape[-2]
        items, labels = support.items, support.labels
        _, state = self.read(items.reshape(-1, *items.shape[-2:]), labels.reshape(-1, labels.shape[-1]))
        last = self.told(labels[..., -1:]).expand(*leading, count, -1)
        inputs = self.inputs(torch.cat([self.standardised(query), last], -1)).reshape(-1, 4 * self.units)
        scores, _ = self.step(inputs, repeated(state, count))
        return scores.view(*leading, count, self.ways)

    def read(self, items: Tensor, labels: Tensor) -> tuple[Tensor, State]:
        """Return the logits at every step, and the state after the last: (B, T, D), (B, T) -> (B, T, ways)."""
        late = functional.pad(self.told(labels), (0, 0, 1, 0))[:, :-1]  # the first step is told nothing
        inputs = self.inputs(torch.cat([self.standardised(items), late], -1))
        state, scores = self.begin(len(inputs), inputs.device), []
        for now in inputs.unbind(1):
            score, state = self.step(now, state)
            scores.append(score)
        return torch.stack(scores, 1), state

    def standardised(self, items: Tensor) -> Tensor:
        """Return embeddings whose numbers have mean 0 and variance 1 over the training items: (..., D)."""
        return self.standard(items.flatten(0, -2)).view_as(items)

    def begin(self, count: int, device: torch.device) -> State:
        """Return the state before the first step."""
        hidden = torch.zeros(count, self.units, device=device)
        read = torch.zeros(count, self.heads * self.width, device=device)
        return hidden, hidden, read, Memory.empty(count, self.slots, self.width, self.heads, device)

    def step(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the logits of a step and the state after it: (B, 4 * units) of the inputs -> (B, ways)."""
        hidden, cell, read, memory = state
        hidden, cell = lstm(inputs + self.recurrent(torch.cat([hidden, read], -1)), cell)
        keys = torch.tanh(self.keys(hidden)).view(-1, self.heads, self.width)
        gates = torch.sigmoid(self.gates(hidden))[..., None]
        vectors, memory = accessed(memory, keys, gates, self.decay, self.scale)
        read = vectors.flatten(1)
        return self.head(torch.cat([hidden, read], -1)), (hidden, cell, read, memory)


def lstm(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Return an LSTM's output ``o tanh(c')`` and cell ``c' = f c + i g``: (B, 4 H) in the order i, f, g, o; (B, H)."""
    i, f, g, o = gates.chunk(4, -1)
    cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell), cell


def repeated(state: State, count: int) -> State:
    """Return each row of a state so many times: (B, ...) -> (B * count, ...)."""
    hidden, cell, read, memory = state
    again = [part.repeat_interleave(count, 0) for part in (hidden, cell, read, *memory)]
    return again[0], again[1], again[2], Memory(*again[3:])
