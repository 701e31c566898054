from __future__ import annotations

import math
from itertools import pairwise

import pytest

from gemel.training.schedule import cosine_rate


@pytest.mark.parametrize(("steps", "warmup"), [(100, 0.1), (100, 0.0), (7, 0.5), (1, 0.1), (1, 0.9), (2000, 0.05)])
def test_it_rises_in_a_line_then_falls_as_half_a_cosine(steps: int, warmup: float) -> None:
    rising = max(1, round(steps * warmup))
    rates = [cosine_rate(step, steps, warmup) for step in range(steps)]
    assert rates[:rising] == pytest.approx([(step + 1) / rising for step in range(rising)][:steps])
    falling = steps - rising
    expected = [(1 + math.cos(math.pi * place / (falling + 1))) / 2 for place in range(1, falling + 1)]
    assert rates[rising:] == pytest.approx(expected)
    assert max(rates, default=1.0) <= 1
    assert min(rates) > 0


def test_the_full_rate_is_reached_once_and_left_at_once() -> None:
    rates = [cosine_rate(step, 50, 0.2) for step in range(50)]
    assert rates.count(1.0) == 1
    assert rates.index(1.0) == 9
    assert all(a > b for a, b in pairwise(rates[9:]))
    assert rates[-1] < 0.002
