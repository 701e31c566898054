"""The five shapes in which items reach a learner: labelled items, pairs, triplets, episodes, several episodes at once.

A sampler fills them with item *indices*; ``with_items`` replaces the indices by the items themselves, so that fetching
and augmentation see one flat batch whatever its shape:

    indices = sampler.batch(step)                    # Pairs(left=(P,), right=(P,), same=(P,)) of item numbers
    batch = indices.with_items(dataset.items)        # Pairs(left=(P, C, H, W), right=(P, C, H, W), same=(P,))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch(ABC):
    """Items in one of the five shapes, each field with the items along its first axis."""

    @abstractmethod
    def parts(self) -> tuple[Tensor, ...]:
        """Return the item fields in a fixed order."""

    @abstractmethod
    def with_parts(self, parts: Sequence[Tensor]) -> Self:
        """Return the same batch with its item fields replaced, in the order of ``parts()``."""

    def with_items(self, function: Callable[[Tensor], Tensor]) -> Self:
        """Return the batch with ``function`` applied once to all its items: (T, ...) -> (T, ...)."""
        sizes = [len(part) for part in self.parts()]
        return self.with_parts(torch.split(function(torch.cat(self.parts())), sizes))

    def to(self, device: torch.device) -> Self:
        """Return the batch with every tensor on the device."""
        return replace(self, **{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True)
class Labelled(Batch):
    """``items`` (B, ...) with class numbers ``labels`` (B,)."""

    items: Tensor
    labels: Tensor

    def parts(self) -> tuple[Tensor, ...]:
        return (self.items,)

    def with_parts(self, parts: Sequence[Tensor]) -> Self:
        return replace(self, items=parts[0])


@dataclass(frozen=True)
class Pairs(Batch):
    """``left`` and ``right`` (P, ...), and ``same`` (P,): 1 where both are of one class, else 0."""

    left: Tensor
    right: Tensor
    same: Tensor

    def parts(self) -> tuple[Tensor, ...]:
        return (self.left, self.right)

    def with_parts(self, parts: Sequence[Tensor]) -> Self:
        return replace(self, left=parts[0], right=parts[1])


@dataclass(frozen=True)
class Triplets(Batch):
    """``anchor`` and ``positive`` of one class, ``negative`` of another: (T, ...) each."""

    anchor: Tensor
    positive: Tensor
    negative: Tensor

    def parts(self) -> tuple[Tensor, ...]:
        return (self.anchor, self.positive, self.negative)

    def with_parts(self, parts: Sequence[Tensor]) -> Self:
        return replace(self, anchor=parts[0], positive=parts[1], negative=parts[2])


@dataclass(frozen=True)
class Episode(Batch):
    """An N-way K-shot task: ``support`` (N*K items) and ``query`` (N*Q items), labels 0 ... N-1 in both."""

    support: Labelled
    query: Labelled

    def parts(self) -> tuple[Tensor, ...]:
        return (self.support.items, self.query.items)

    def with_parts(self, parts: Sequence[Tensor]) -> Self:
        return replace(
            self,
            support=replace(self.support, items=parts[0]),
            query=replace(self.query, items=parts[1]),
        )


@dataclass(frozen=True)
class Tasks(Batch):
    """Several episodes: what learning to learn calls a meta-batch."""

    episodes: tuple[Episode, ...]

    def parts(self) -> tuple[Tensor, ...]:
        return tuple(part for episode in self.episodes for part in episode.parts())

    def with_parts(self, parts: Sequence[Tensor]) -> Self:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return replace(
            self,
            episodes=tuple(episode.with_parts(pair) for episode, pair in zip(self.episodes, pairs, strict=True)),
        )

    def to(self, device: torch.device) -> Self:
        return replace(self, episodes=tuple(episode.to(device) for episode in self.episodes))
