"""Which items the episodes hold: index arrays for many N-way K-shot episodes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from gemel.errors import DataError
from gemel.evaluation.parting import TRIES, most_queries, parted
from gemel.evaluation.sampling import Partition
from gemel.randomness import numpy_generator


@dataclass(frozen=True)
class EpisodeShape:
    """N ways, K shots and Q queries a class."""

    ways: int
    shots: int
    queries: int

    def __post_init__(self) -> None:
        for name, value, least in (("ways", self.ways, 2), ("shots", self.shots, 1), ("queries", self.queries, 1)):
            if value < least:
                raise DataError(f"{name} is {value}; at least {least} is expected.")


def sample_episodes(
    labels: np.ndarray | Tensor,
    ways: int,
    shots: int,
    queries: int,
    episodes: int,
    seed: int,
    groups: Sequence[str] | None = None,
    item_writers: np.ndarray | None = None,
    item_groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the item numbers of the episodes' support (E, N, K) and query (E, N, Q); row n holds one class.

    Every class with enough items is as likely as any other, and every item within it. An episode's classes are
    distinct, and so are its items.

    Args:
        labels: (M,) each item's class number.
        ways, shots, queries: N, K and Q.
        episodes: E.
        seed: of the drawing; the same seed gives the same episodes.
        groups: each class number's group. An episode's classes then come from one group, drawn evenly from those with
            enough classes ("within alphabet").
        item_writers: (M,) who made each item. An episode's support then comes from one writer and its queries from
            another, both drawn from those who made enough items of every class (Lake et al. 2015).
        item_groups: (M,) which items show one thing. No thing is then in both an episode's support and its queries, of
            whatever classes (see ``parted``); not with ``item_writers``.

    Raises:
        DataError: there are too few classes, items, writers or item groups for one episode.
    """
    shape = EpisodeShape(ways, shots, queries)
    numbers = np.asarray(labels).astype(np.int64)
    generator = numpy_generator(seed, "episodes")
    if item_groups is not None:
        return across_item_groups(generator, numbers, np.asarray(item_groups), shape, episodes, groups)
    if item_writers is None:
        return across_items(generator, numbers, shape, episodes, groups)
    return across_writers(generator, numbers, np.asarray(item_writers), shape, episodes, groups)


def across_items(
    generator: np.random.Generator,
    labels: np.ndarray,
    shape: EpisodeShape,
    episodes: int,
    groups: Sequence[str] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return support and query, drawn together from each class's items."""
    items, needed = Partition.by(labels), shape.shots + shape.queries
    large = np.flatnonzero(items.sizes >= needed)
    by_group = Partition.by(group_numbers(items.keys[large], groups))
    refuse_too_few(by_group.sizes, shape, items.sizes, needed)
    classes = large[drawn_classes(generator, by_group, shape, episodes)]  # (E, N)
    drawn = items.draw(generator, classes.ravel(), needed).reshape(episodes, shape.ways, needed)
    return drawn[..., : shape.shots], drawn[..., shape.shots :]


def drawn_classes(
    generator: np.random.Generator, by_group: Partition, shape: EpisodeShape, episodes: int
) -> np.ndarray:
    """Return each episode's classes, of one group that has enough: (E, N) positions among the partition's members."""
    wide = np.flatnonzero(by_group.sizes >= shape.ways)
    return by_group.draw(generator, generator.choice(wide, episodes), shape.ways)


def across_item_groups(
    generator: np.random.Generator,
    labels: np.ndarray,
    things: np.ndarray,
    shape: EpisodeShape,
    episodes: int,
    groups: Sequence[str] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return support and query, which show different things."""
    items, thing_of = Partition.by(labels), np.unique(things, return_inverse=True)[1]
    tallies = np.zeros((len(items.keys), thing_of.max(initial=-1) + 1), np.int64)  # (C, G)
    np.add.at(tallies, (np.searchsorted(items.keys, labels), thing_of), 1)
    large = np.flatnonzero([most_queries(tally, shape.shots) >= shape.queries for tally in tallies])
    by_group = Partition.by(group_numbers(items.keys[large], groups))
    refuse_too_few_things(by_group.sizes, shape)
    classes = large[drawn_classes(generator, by_group, shape, episodes)]  # (E, N)
    support, query = (np.empty((episodes, shape.ways, count), np.int64) for count in (shape.shots, shape.queries))
    for episode, chosen in enumerate(classes):
        side = sides(generator, tallies[chosen], shape)[thing_of]  # (M,)
        for row, label in enumerate(items.keys[chosen]):
            support[episode, row] = generator.permutation(np.flatnonzero(side & (labels == label)))[: shape.shots]
            query[episode, row] = generator.permutation(np.flatnonzero(~side & (labels == label)))[: shape.queries]
    return support, query


def sides(generator: np.random.Generator, tallies: np.ndarray, shape: EpisodeShape) -> np.ndarray:
    """Return which things an episode's support may show, from its classes' tallies (N, G): (G,) bool."""
    for _ in range(TRIES):
        support = parted(generator, tallies, shape.shots, shape.queries)
        if support is not None:
            return support
    raise DataError(
        f"{TRIES} draws found no way to part what the items show into support and queries of {shape.ways} classes "
        f"({shape.shots} shots, {shape.queries} queries); lower ways, shots or queries."
    )


def across_writers(
    generator: np.random.Generator,
    labels: np.ndarray,
    writers: np.ndarray,
    shape: EpisodeShape,
    episodes: int,
    groups: Sequence[str] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return support and query, each drawn from one writer's items."""
    classes, class_of = np.unique(labels, return_inverse=True)
    names, writer_of = np.unique(writers, return_inverse=True)
    items = Partition.by(class_of * len(names) + writer_of)  # one key for each class's items by one writer
    cell = np.full(len(classes) * len(names), -1)
    cell[items.keys] = np.arange(len(items.keys))
    sizes = np.bincount(class_of * len(names) + writer_of, minlength=len(cell)).reshape(len(classes), len(names))
    enough = sizes >= max(shape.shots, shape.queries)  # (C, W)

    by_group = Partition.by(group_numbers(classes, groups))
    complete = np.logical_and.reduceat(enough[by_group.members], by_group.starts)  # (G, W)
    refuse_too_few_writers(complete, shape)
    wide = np.flatnonzero((by_group.sizes >= shape.ways) & (complete.sum(1) >= 2))
    refuse_too_few(by_group.sizes[complete.sum(1) >= 2], shape, sizes.max(1), max(shape.shots, shape.queries))

    drawn_groups = generator.choice(wide, episodes)
    drawn_classes = by_group.draw(generator, drawn_groups, shape.ways)  # (E, N)
    group_of, writer = np.nonzero(complete)
    writers_of_group = Partition.by(group_of)
    rows = np.searchsorted(writers_of_group.keys, drawn_groups)
    two = writer[writers_of_group.draw(generator, rows, 2)]  # (E, 2)
    support, query = (
        items.draw(generator, cell[drawn_classes * len(names) + two[:, [side]]].ravel(), count).reshape(
            episodes, shape.ways, count
        )
        for side, count in ((0, shape.shots), (1, shape.queries))
    )
    return support, query


def group_numbers(classes: np.ndarray, groups: Sequence[str] | None) -> np.ndarray:
    """Return each class's group as a number, all 0 without groups: (C,) -> (C,)."""
    if groups is None:
        return np.zeros(len(classes), dtype=np.int64)
    if len(classes) and len(groups) <= classes.max():
        raise DataError(
            f"There are {len(groups)} groups for classes up to number {classes.max()}; one a class is expected."
        )
    numbers: np.ndarray = np.unique(np.asarray(groups), return_inverse=True)[1][classes]
    return numbers


def refuse_too_few(classes_by_group: np.ndarray, shape: EpisodeShape, sizes: np.ndarray, needed: int) -> None:
    """Raise a DataError where no group has enough classes with the items needed."""
    most = int(classes_by_group.max(initial=0))
    if most < shape.ways:
        largest = int(sizes.max(initial=0))
        raise DataError(
            f"{shape.ways} ways need {shape.ways} classes of {needed} items or more ({shape.shots} shots, "
            f"{shape.queries} queries), and {most} are there (the largest class has {largest} items); "
            "lower ways, shots or queries."
        )


def refuse_too_few_writers(complete: np.ndarray, shape: EpisodeShape) -> None:
    """Raise a DataError where no group (G, W) has two writers who made enough of every class."""
    most = int(complete.sum(1).max(initial=0))
    if most < 2:
        raise DataError(
            f"Support and queries by different writers need 2 who made {max(shape.shots, shape.queries)} items of "
            f"every class, and {most} did; lower shots or queries, or leave the writers out."
        )


def refuse_too_few_things(classes_by_group: np.ndarray, shape: EpisodeShape) -> None:
    """Raise a DataError where no group has enough classes whose things can be parted."""
    most = int(classes_by_group.max(initial=0))
    if most < shape.ways:
        raise DataError(
            f"{shape.ways} ways need {shape.ways} classes with {shape.shots} items for the support and "
            f"{shape.queries} for queries that show other things, and {most} are there; lower ways, shots or queries."
        )
