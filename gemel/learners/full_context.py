"""Full context embeddings: an item as seen in the company of a support set."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FullContext(nn.Module):
    """Queries and support items embedded anew, each in the light of the whole support (Vinyals et al. 2016, 2.1.2).

    A support item, from a bidirectional LSTM over the support: ``g(x_i) = g'(x_i) + forth_i + back_i``.
    A query, by K readings of the support with an LSTM, from ``h_0 = c_0 = 0``::

        r_k     = sum_i softmax_i(h_k . g(x_i)) g(x_i)
        o, c_k+1 = LSTM([f'(x), r_k], h_k, c_k)
        h_k+1   = o + f'(x)                                     f(x) = h_K

    An LSTM over a set wants an order. The paper leaves it open; here the items stand in the order of the sum of their
    embedding, so that it does not matter in which order they come or how classes are numbered. Only of items whose sums
    agree to the last digits may rounding choose which is the first.

    Args:
        dimensions: D of the embeddings.
        reads: K.

    Raises:
        ValueError: ``reads`` is below 1.
    """

    def __init__(self, dimensions: int, reads: int) -> None:
        super().__init__()
        if reads < 1:
            raise ValueError(f"reads is {reads}; it must be 1 or more")
        self.reads = reads
        self.company = nn.LSTM(dimensions, dimensions, batch_first=True, bidirectional=True)
        self.reader = nn.LSTMCell(2 * dimensions, dimensions)

    def forward(self, query: Tensor, support: Tensor) -> tuple[Tensor, Tensor]:
        """Return both in context: (..., Q, D), (..., S, D) -> (..., Q, D), (..., S, D)."""
        support = self.in_company(support)
        return self.read(query, support), support

    def in_company(self, support: Tensor) -> Tensor:
        """Return g of every support item: (..., S, D) -> (..., S, D)."""
        order = support.sum(-1).argsort(-1)
        ordered = taken(support, order)
        steps, _ = self.company(ordered.reshape(-1, *ordered.shape[-2:]))  # (E, S, 2 D)
        forth, back = steps.view(*ordered.shape[:-1], -1).chunk(2, -1)
        return taken(ordered + forth + back, order.argsort(-1))

    def read(self, query: Tensor, support: Tensor) -> Tensor:
        """Return f of every query, the support's g given: (..., Q, D), (..., S, D) -> (..., Q, D)."""
        state = torch.zeros_like(query)
        cell = state.flatten(0, -2)  # (B, D)
        for _ in range(self.reads):
            reading = torch.softmax(state @ support.mT, -1) @ support
            inputs = torch.cat([query, reading], -1)
            output, cell = self.reader(inputs.flatten(0, -2), (state.flatten(0, -2), cell))
            state = output.view_as(query) + query
        return state


def taken(items: Tensor, order: Tensor) -> Tensor:
    """Return the items in another order: (..., S, D), (..., S) -> (..., S, D)."""
    return items.gather(-2, order.unsqueeze(-1).expand_as(items))
