"""Labelled examples of classes, embedded."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Support:
    """The labelled examples of the classes to recognise: ``embeddings`` (S, D), ``labels`` (S,) into ``classes``.

    Where texts name the classes, ``scale`` is what scores are multiplied with before a softmax over them. Examples from
    a gallery have their numbers there, ``ids`` (S,).
    """

    embeddings: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    names: tuple[str, ...]
    scale: float | None = None
    ids: tuple[int, ...] | None = None
