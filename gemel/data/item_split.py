"""Items -> training, validation and test items of the same classes; never items of one thing in two parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gemel.data.splits import Split
from gemel.errors import DataError
from gemel.randomness import numpy_generator


def split_item_groups(
    classes: Sequence[str],
    labels: np.ndarray,
    groups: np.ndarray,
    validation: float = 0.15,
    test: float = 0.15,
    seed: int = 0,
) -> Split:
    """Return which items to learn from, to choose and calibrate on, and to report on: positions, ascending.

    For known classes on new things, as in inspection. Item groups stay whole, and each part gets its share of every
    class as nearly as they allow: the groups, largest first and equals as ``seed`` has it, go each to the part that
    lacks most of the classes in it.

    Args:
        classes: class paths (C,).
        labels: (N,) each item's class, as a position there.
        groups: (N,) which items show one thing (see ``item_groups``).
        validation, test: a fraction in [0, 1) of each class's items; 0 leaves the part empty. Training gets the rest.
        seed: another seed, another choice.

    Raises:
        DataError: a fraction is out of range, or a class has too few item groups to be in every part.
    """
    shares = np.array([1 - validation - test, validation, test])
    if min(validation, test) < 0 or shares[0] <= 0:
        raise DataError(f"the validation share is {validation} and the test share {test}; together, less than 1")
    counts = np.zeros((groups.max() + 1, len(classes)))
    np.add.at(counts, (groups, labels), 1)
    part_of = _parts(counts / counts.sum(0), shares, _largest_first(counts, seed))
    _check_every_class(classes, counts, part_of, shares)
    return Split(*(tuple(np.flatnonzero(part_of[groups] == part).tolist()) for part in range(3)))


def _largest_first(counts: np.ndarray, seed: int) -> np.ndarray:
    """Return the groups' order: (G, C) -> (G,)."""
    order = numpy_generator(seed, "split", "item_group").permutation(len(counts))
    ranks: np.ndarray = order[np.argsort(-counts.sum(1)[order], kind="stable")]
    return ranks


def _parts(portions: np.ndarray, shares: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return each group's part, from its portion of each class (G, C), and the parts' shares (3,): (G,)."""
    lacking = np.repeat(shares[:, None], portions.shape[1], axis=1)  # (3, C)
    part_of = np.zeros(len(portions), dtype=np.int64)
    for group in order:
        wanted = np.where(shares > 0, lacking @ portions[group], -np.inf)
        part_of[group] = wanted.argmax()
        lacking[part_of[group]] -= portions[group]
    return part_of


def _check_every_class(classes: Sequence[str], counts: np.ndarray, part_of: np.ndarray, shares: np.ndarray) -> None:
    for part, name in enumerate(("train", "validation", "test")):
        lacking = counts[part_of == part].sum(0) == 0
        if shares[part] > 0 and lacking.any():
            label = int(lacking.argmax())
            there = int((counts[:, label] > 0).sum())
            raise DataError(
                f"the class '{classes[label]}' has {there} item group(s), and none is left for the {name} "
                "part; add items of other things, or set validation or test to 0"
            )
