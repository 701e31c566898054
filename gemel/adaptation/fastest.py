"""Which of several ways is the fastest here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import torch


def fastest(run: Callable[[int], None], counts: Iterable[int], clock: Callable[[], float] = time.perf_counter) -> int:
    """Return the count with which ``run(count)`` takes the least time; of equals the first.

    Each is run once to warm up and once by the clock. Where memory runs out, that count and those after it are left
    out.

    Args:
        run: returns when the work is done, on whatever device.
        counts: rising; the first has to fit.
        clock: seconds.

    Raises:
        torch.OutOfMemoryError: the first does not fit.
    """
    taken: dict[int, float] = {}
    for count in counts:
        try:
            run(count)
            began = clock()
            run(count)
            taken[count] = clock() - began
        except torch.OutOfMemoryError:
            if not taken:
                raise
            break
    return min(taken, key=lambda count: taken[count])
