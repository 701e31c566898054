"""Work on one task each, side by side in threads of one core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_threads(function: Callable[[Given], Made], things: Iterable[Given], threads: int) -> Iterator[Made]:
    """Give ``function(thing)`` of each in order, worked out in so many threads, each of which counts on one core.

    A task's convolutions are too small for two cores to share one; two tasks are not. The precision of the caller's
    autocast holds within. With one thread the caller works itself, on all cores, one thing after another.

    Between two answers the caller counts on one core, too: sums over several would wake OpenMP's helpers, which then
    spin for milliseconds, in wait of more, on the cores that the tasks need (a sixth of MAML's time on two cores).
    """
    if threads == 1:
        yield from map(function, things)
        return
    lowered, cores = torch.is_autocast_enabled("cpu"), torch.get_num_threads()

    def work(thing: Given) -> Made:
        with torch.autocast("cpu", torch.get_autocast_dtype("cpu"), enabled=lowered):
            return function(thing)

    torch.set_num_threads(1)
    with ThreadPoolExecutor(threads, "task", initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            yield from pool.map(work, things)
        finally:
            torch.set_num_threads(cores)  # the last word on how many a thread that comes later begins with
