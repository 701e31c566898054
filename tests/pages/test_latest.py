"""Only the newest question is answered."""

from __future__ import annotations

import asyncio

import pytest

from gemel.pages.latest import Latest


def test_of_what_comes_while_busy_only_the_newest_is_done():
    async def run() -> list[int]:
        done: list[int] = []
        gate = asyncio.Event()

        async def work(value: int) -> None:
            await gate.wait()
            done.append(value)

        latest = Latest(work)
        tasks = [asyncio.create_task(latest(value)) for value in (1, 2, 3)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks)
        await latest(4)
        return done

    assert asyncio.run(run()) == [1, 3, 4]


def test_after_a_failure_the_next_is_done():
    async def run() -> list[int]:
        done: list[int] = []

        async def work(value: int) -> None:
            if value == 1:
                raise ValueError("one")
            done.append(value)

        latest = Latest(work)
        with pytest.raises(ValueError, match="one"):
            await latest(1)
        await latest(2)
        return done

    assert asyncio.run(run()) == [2]
