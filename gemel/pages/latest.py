"""Answers to the newest question only, for questions that come faster than answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Calls ``work`` with each value unless a newer one came while it was busy; never twice at once."""

    def __init__(self, work: Callable[[T], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: list[T] = []
        self._busy = False

    async def __call__(self, value: T) -> None:
        self._waiting = [value]
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                await self._work(self._waiting.pop())
        finally:
            self._busy = False
