from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from gemel.server.budget import Budget


def test_what_is_under_way_stays_within_the_amount() -> None:
    budget, lock, now, most = Budget(10), threading.Lock(), 0, 0

    def work(amount: int) -> None:
        nonlocal now, most
        with budget.holding(amount):
            with lock:
                now += min(amount, 10)
                most = max(most, now)
            time.sleep(0.005)
            with lock:
                now -= min(amount, 10)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, [3, 4, 5, 99, 1, 10, 0, 2] * 5))
    assert 5 < most <= 10
    assert now == 0


def test_what_fails_gives_its_room_back() -> None:
    budget = Budget(1)
    for _ in range(3):
        try:
            with budget.holding(1):
                raise ValueError("failed")
        except ValueError:
            pass
    with budget.holding(1):
        pass
