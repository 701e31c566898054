"""A memory to read from, and then to write to where it was read the step before, or where it is used least."""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

#: Below this a square of a length is none: an empty slot is like no key.
LEAST = 1e-12


class Memory(NamedTuple):
    """The state of B memories.

    Attributes:
        slots: (B, M, W) what is kept.
        usage: (B, M) how much, and how lately, each slot was read and written.
        weights: (B, R, M) how much each of R heads read last of each slot.
    """

    slots: Tensor
    usage: Tensor
    weights: Tensor

    @classmethod
    def empty(cls, count: int, slots: int, width: int, heads: int, device: torch.device) -> Self:
        """Return memories that nothing was written to."""
        shapes = (count, slots, width), (count, slots), (count, heads, slots)
        return cls(*(torch.zeros(shape, device=device) for shape in shapes))


def likeness(keys: Tensor, slots: Tensor) -> Tensor:
    """Return the cosine of each key with each slot, 0 where either is empty: (B, R, W), (B, M, W) -> (B, R, M)."""
    return keys @ slots.mT / (length(keys)[..., None] * length(slots)[:, None])


def length(rows: Tensor) -> Tensor:
    """Return the Euclidean length, 1e-6 at least so that its slope is finite: (..., W) -> (...)."""
    return (rows.square().sum(-1) + LEAST).sqrt()


def least_used(usage: Tensor, heads: int) -> Tensor:
    """Return a slot for each head, one-hot, the least used for the first: (B, M) -> (B, heads, M). Ties: the first."""
    chosen = usage.argsort(dim=-1, stable=True)[:, :heads]
    return functional.one_hot(chosen, usage.shape[-1]).to(usage)


def accessed(memory: Memory, keys: Tensor, gates: Tensor, decay: float, scale: float) -> tuple[Tensor, Memory]:
    """Return what each head reads, (B, R, W), and the memory after all have written.

    Least recently used access (Santoro et al. 2016, section 3.1), for a head's key k and gate g in [0, 1]::

        w_read  = softmax over slots of scale cosine(k, M)      what is read is w_read M
        w_write = g w_read of the step before + (1 - g) one-hot(the head's least used slot)
        M       = M with the heads' least used slots at 0, + sum over heads of w_write k
        usage   = decay usage + sum over heads of (w_read + w_write)

    The paper does not say which comes first. What a head writes is its key, and so a head that read afterwards would
    find, before all else, what it has just written.

    Args:
        memory: before.
        keys: (B, R, W).
        gates: (B, R, 1).
        decay: in [0, 1].
        scale: 1 in the paper.
    """
    weights = torch.softmax(scale * likeness(keys, memory.slots), -1)  # (B, R, M)
    least = least_used(memory.usage, keys.shape[1])
    written = gates * memory.weights + (1 - gates) * least
    slots = memory.slots * (1 - least.sum(1))[..., None] + written.mT @ keys
    usage = decay * memory.usage + (weights + written).detach().sum(1)
    return weights @ memory.slots, Memory(slots, usage, weights)
