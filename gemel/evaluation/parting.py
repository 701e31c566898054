"""A few-shot task whose support and queries show different things."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Draws before a class, and before an episode, is given up.
TRIES = 200


def most_queries(tally: Sequence[int] | np.ndarray, shots: int) -> int:
    """Return how many items a class can have for queries, where its things give ``shots`` or more for the support.

    The support's things are those with the least items that suffice (a subset sum); 0 where there are none.

    Args:
        tally: how many of the class's items show each thing.
        shots: K.
    """
    sums = 1  # bit s: some of the things have s items together
    for items in tally:
        sums |= sums << int(items)
    enough = sums >> shots
    if not enough:
        return 0
    least = shots + (enough & -enough).bit_length() - 1
    return int(np.sum(tally)) - least


def parted(generator: np.random.Generator, tallies: np.ndarray, shots: int, queries: int) -> np.ndarray | None:
    """Return which things the support of an episode may show; its queries show the others: (G,) bool.

    Each thing is for the support with probability K / (K + Q), drawn again, class by class, until the class has K items
    on the one side and Q on the other; things that an earlier class shows too keep their side. None where that fails.

    Args:
        generator: of the draws.
        tallies: (N, G) how many items of each class of the episode show each thing.
        shots, queries: K and Q.
    """
    support = np.asarray(generator.random(tallies.shape[1]) < shots / (shots + queries))
    free = np.ones(tallies.shape[1], dtype=bool)
    for tally in tallies:
        drawn = np.flatnonzero((tally > 0) & free)
        for _ in range(TRIES):
            if tally[support].sum() >= shots and tally[~support].sum() >= queries:
                break
            support[drawn] = generator.random(len(drawn)) < shots / (shots + queries)
        else:
            return None
        free &= tally == 0
    return support
