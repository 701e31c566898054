"""Balanced random pairs for verification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gemel.batches import Pairs
from gemel.errors import DataError
from gemel.evaluation.episode_indices import group_numbers
from gemel.evaluation.sampling import Partition
from gemel.randomness import numpy_generator
from gemel.similarity import Similarity

#: Numbers gathered at once from each side of the pairs: 16 MiB of float32.
CHUNK = 2**22


def random_pairs(
    labels: np.ndarray | Tensor,
    count: int,
    seed: int,
    groups: Sequence[str] | None = None,
    item_groups: np.ndarray | None = None,
) -> Pairs:
    """Return ``count`` distinct pairs of item numbers, half of one class and half of two.

    A same pair's class is drawn evenly from those of two items or more; a different pair's first class evenly from all,
    its second from the others. A set that is too small for the count gives fewer pairs.

    Args:
        labels: (M,) class numbers.
        count: P.
        seed: of the drawing.
        groups: each class number's group; different pairs then stay within a group ("within alphabet").
        item_groups: (M,) which items show one thing; no pair is then of one thing.

    Raises:
        DataError: no class has two items (of two things), or no group has two classes.
    """
    things = np.arange(len(labels)) if item_groups is None else item_groups
    items = Partition.by(np.asarray(labels).astype(np.int64))
    same = same_pairs(numpy_generator(seed, "same pairs"), items, count // 2, things)
    different = different_pairs(numpy_generator(seed, "different pairs"), items, count - count // 2, groups, things)
    both = torch.from_numpy(np.concatenate([same, different]))  # (P, 2)
    kinds = torch.tensor([1, 0]).repeat_interleave(torch.tensor([len(same), len(different)]))
    return Pairs(both[:, 0], both[:, 1], kinds)


@torch.inference_mode()
def pair_scores(embeddings: Tensor, similarity: Similarity, pairs: Pairs) -> Tensor:
    """Return the score of each pair of item numbers, some pairs at a time: (M, D) -> (P,)."""
    chunk = max(1, CHUNK // embeddings.shape[1])
    sides = zip(torch.split(pairs.left, chunk), torch.split(pairs.right, chunk), strict=True)
    return torch.cat([similarity(embeddings[left], embeddings[right]) for left, right in sides])


def same_pairs(generator: np.random.Generator, items: Partition, count: int, things: np.ndarray) -> np.ndarray:
    """Return up to ``count`` distinct pairs of two items of one class, and of two things: (P, 2)."""
    members = np.split(things[items.members], items.starts[1:])
    large = np.flatnonzero([len(own) >= 2 and (own != own[0]).any() for own in members])
    if not len(large):
        raise DataError("No class has 2 items, so that no pair of one class can be made; add items.")
    drawn = items.draw(generator, generator.choice(large, OVERSAMPLING * count), 2)
    return distinct_pairs(of_two_things(drawn, things), count)


def different_pairs(
    generator: np.random.Generator, items: Partition, count: int, groups: Sequence[str] | None, things: np.ndarray
) -> np.ndarray:
    """Return up to ``count`` distinct pairs of items of two classes, of one group if groups are given: (P, 2)."""
    group_of = group_numbers(items.keys, groups)
    by_group = Partition.by(group_of)
    wide = by_group.sizes >= 2
    if not wide.any():
        raise DataError("No group has 2 classes, so that no pair of two classes can be made; add classes.")
    shares = np.where(wide, by_group.sizes, 0) / by_group.sizes[wide].sum()  # a group is drawn as often as its classes
    drawn_groups = generator.choice(len(shares), OVERSAMPLING * count, p=shares)
    classes = by_group.draw(generator, drawn_groups, 2)
    drawn = items.draw(generator, classes.ravel(), 1).reshape(-1, 2)
    return distinct_pairs(of_two_things(drawn, things), count)


def of_two_things(pairs: np.ndarray, things: np.ndarray) -> np.ndarray:
    """Return the pairs whose items show different things: (P, 2), (M,) -> (at most P, 2)."""
    kept: np.ndarray = pairs[things[pairs[:, 0]] != things[pairs[:, 1]]]
    return kept


#: Pairs drawn for each one wanted, so that enough are left without the repeated ones.
OVERSAMPLING = 4


def distinct_pairs(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return the first ``count`` pairs that no earlier one repeats, in either order: (P, 2) -> (at most count, 2)."""
    _, first = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)
    kept: np.ndarray = pairs[np.sort(first)[:count]]
    return kept
