"""A memory-augmented network's step as Santoro et al. 2016 write it, one head, one slot, one number at a time."""

from __future__ import annotations

import math

Rows = list[list[float]]


def cosine(a: list[float], b: list[float]) -> float:
    """Return the cosine; about 0 with a row that is as good as empty, of a length of 1e-6 or less."""
    lengths = [math.sqrt(sum(x * x for x in row) + 1e-12) for row in (a, b)]
    return sum(x * y for x, y in zip(a, b, strict=True)) / (lengths[0] * lengths[1])


def least_used(usage: list[float], heads: int) -> list[int]:
    """Return the slots of lowest usage, the lowest first."""
    return sorted(range(len(usage)), key=lambda slot: (usage[slot], slot))[:heads]


def accessed(
    slots: Rows, usage: list[float], weights: Rows, keys: Rows, gates: list[float], decay: float, scale: float
) -> tuple[Rows, Rows, list[float], Rows]:
    """Return what is read (R, W), the slots (M, W), their usage (M,) and the heads' reading weights (R, M) after."""
    heads, places, width = range(len(keys)), range(len(slots)), range(len(keys[0]))
    read_weights, read = [], []
    for r in heads:
        raised = [math.exp(scale * cosine(keys[r], slots[i])) for i in places]
        read_weights.append([one / sum(raised) for one in raised])
        read.append([sum(read_weights[r][i] * slots[i][w] for i in places) for w in width])
    free = least_used(usage, len(keys))
    written = [
        [gates[r] * weights[r][i] + (1 - gates[r]) * (1.0 if free[r] == i else 0.0) for i in places] for r in heads
    ]
    after = [[0.0 if i in free else slots[i][w] for w in width] for i in places]
    for i in places:
        for w in width:
            for r in heads:
                after[i][w] += written[r][i] * keys[r][w]
    used = [decay * usage[i] + sum(read_weights[r][i] + written[r][i] for r in heads) for i in places]
    return read, after, used, read_weights
