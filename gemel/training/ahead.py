"""The next batch, made while this one is learnt from."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """What ``make(step)`` gives, step by step; the step after the one taken is made on a thread of its own.

    ``make`` must depend on the step alone and draw from no global generator, so that it does not matter when it runs.
    Its errors come out of ``take``.

    Args:
        make: step -> what is wanted of it.
        steps: nothing is made from this step on.
    """

    def __init__(self, make: Callable[[int], T], steps: int) -> None:
        self.make = make
        self.steps = steps
        self.thread = ThreadPoolExecutor(1, "gemel-ahead")
        self.coming: tuple[int, Future[T]] | None = None

    def take(self, step: int) -> T:
        """Return the step's, and begin with the next."""
        made = self.coming[1].result() if self.coming and self.coming[0] == step else self.make(step)
        self.coming = (step + 1, self.thread.submit(self.make, step + 1)) if step + 1 < self.steps else None
        return made

    def close(self) -> None:
        """Let go of the thread, without waiting for what is not needed any more."""
        self.thread.shutdown(wait=False, cancel_futures=True)
