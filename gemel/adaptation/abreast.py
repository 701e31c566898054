"""Several tasks side by side, as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch

from gemel.batches import Episode, Labelled


def abreast(episodes: Sequence[Episode], count: int) -> Iterator[Episode]:
    """Give the episodes, so many neighbours of one shape at a time, as one with the tasks along every first axis.

    Of a support (S, ...), (S,) it makes (T, S, ...), (T, S), and likewise of the queries; with a count of 1 each comes
    as it is.
    """
    for _, group in groupby(episodes, lambda episode: [part.shape for part in episode.parts()]):
        alike = list(group)
        for first in range(0, len(alike), count):
            chosen = alike[first : first + count]
            yield stacked(chosen) if count > 1 else chosen[0]


def stacked(episodes: Sequence[Episode]) -> Episode:
    """Return episodes of one shape as one, with the tasks along every first axis."""

    def together(parts: Sequence[Labelled]) -> Labelled:
        return Labelled(torch.stack([part.items for part in parts]), torch.stack([part.labels for part in parts]))

    return Episode(together([one.support for one in episodes]), together([one.query for one in episodes]))
