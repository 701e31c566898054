"""How much is held in memory at once, whoever asks for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """Lets work begin only while all that is under way stays within an amount; what is more by itself goes alone.

    Args:
        most: the amount.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, amount: int) -> Iterator[None]:
        """Wait until there is room for an amount, and hold it inside."""
        amount = min(amount, self.most)
        with self._changed:
            self._changed.wait_for(lambda: self._used + amount <= self.most)
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()
