"""The fastest way, by a made-up clock."""

from __future__ import annotations

import pytest
import torch

from gemel.adaptation import fastest


class Machine:
    """Takes so many seconds for each count, and longer the first time; has memory up to some count."""

    def __init__(self, seconds: dict[int, float], most: int = 1000) -> None:
        self.seconds, self.most = seconds, most
        self.now, self.runs = 0.0, list[int]()

    def run(self, count: int) -> None:
        if count > self.most:
            raise torch.OutOfMemoryError
        self.now += self.seconds[count] + (0 if count in self.runs else 100)
        self.runs.append(count)

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({1: 5.0, 4: 3.0, 16: 4.0}, 4),
        ({1: 5.0, 4: 3.0, 16: 2.0}, 16),
        ({1: 2.0, 4: 3.0, 16: 2.0}, 1),
        ({1: 9.0}, 1),
    ],
)
def test_the_least_time_wins_and_warming_up_does_not_count(seconds: dict[int, float], expected: int) -> None:
    machine = Machine(seconds)
    assert fastest(machine.run, seconds, machine.clock) == expected
    assert machine.runs == [count for count in seconds for _ in range(2)]


def test_growth_ends_where_memory_does() -> None:
    machine = Machine({1: 5.0, 4: 3.0, 16: 1.0, 32: 1.0}, most=4)
    assert fastest(machine.run, machine.seconds, machine.clock) == 4
    assert max(machine.runs) == 4


def test_the_first_has_to_fit_and_other_errors_come_through() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        fastest(Machine({1: 1.0}, most=0).run, [1])
    with pytest.raises(KeyError):
        fastest(Machine({1: 1.0}).run, [1, 2])
