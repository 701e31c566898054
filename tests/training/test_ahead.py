from __future__ import annotations

import threading

import pytest

from gemel.training.ahead import Ahead


def test_every_step_is_made_once_and_the_next_one_before_it_is_asked_for() -> None:
    begun: list[int] = []
    next_one = threading.Event()

    def make(step: int) -> int:
        begun.append(step)
        if step == 4:
            next_one.set()
        return step * step

    ahead = Ahead(make, steps=6)
    assert ahead.take(3) == 9
    assert next_one.wait(10)  # step 4 is made although nobody asked
    assert [ahead.take(step) for step in (4, 5)] == [16, 25]
    assert begun == [3, 4, 5]  # and nothing after the last
    ahead.close()


def test_a_jump_is_made_afresh() -> None:
    ahead = Ahead(lambda step: -step, steps=100)
    assert [ahead.take(step) for step in (0, 7, 8, 2)] == [0, -7, -8, -2]
    ahead.close()


def test_an_error_comes_with_its_own_step() -> None:
    def make(step: int) -> int:
        if step == 1:
            raise ValueError("step one")
        return step

    ahead = Ahead(make, steps=3)
    assert ahead.take(0) == 0
    with pytest.raises(ValueError, match="step one"):
        ahead.take(1)
    ahead.close()
