from __future__ import annotations

import itertools
import math

import torch
from torch.testing import assert_close

from gemel.optimisers import BASELINES, RATES, Adam, Quadratic, Sgd, compare, descend, tuned_rate
from gemel.optimisers.descent import final_loss
from gemel.optimisers.quadratic import Quadratics


def parabolas(*factors: float) -> Quadratics:
    """Return ``(w theta - 1)²`` from 0 on, one for each factor."""
    matrix = torch.tensor(factors)[:, None, None]
    return Quadratics(matrix, torch.ones(len(factors), 1), torch.zeros(len(factors), 1))


def test_a_descent_by_hand() -> None:
    losses = descend(parabolas(1.0, 2.0), Sgd(0.125), 2)
    # w theta - 1 shrinks by 1 - 2 rate w² at every step: by 3/4 and by 0
    assert losses.tolist() == [[1.0, (3 / 4) ** 2, (3 / 4) ** 4], [1.0, 0.0, 0.0]]


def test_the_rate_with_the_least_final_loss_is_chosen() -> None:
    assert tuned_rate(Sgd, parabolas(1.0), 3, (0.1, 0.5, 0.7)) == 0.5  # which arrives at once
    assert tuned_rate(Sgd, parabolas(1.0), 3, (0.1, 0.2)) == 0.2
    tried = {rate: float(descend(Quadratic().draw(9, 0), Adam(rate), 20)[:, -1].mean()) for rate in RATES}
    chosen = tuned_rate(Adam, Quadratic().draw(9, 0), 20)
    assert tried[chosen] == min(tried.values())
    assert RATES[0] < chosen < RATES[-1]


def test_a_rate_that_goes_astray_is_never_chosen() -> None:
    assert final_loss(parabolas(1.0), Sgd(1e3), 300) == math.inf
    assert tuned_rate(Sgd, parabolas(1.0), 300, (1e3, 0.01)) == 0.01


def test_the_rates_are_finer_than_the_square_root_of_ten() -> None:
    ratios = [after / before for before, after in itertools.pairwise(RATES)]
    assert max(ratios) < math.sqrt(10)


def test_rates_are_tuned_on_validation_and_tried_on_the_held_out() -> None:
    validation, held_out = parabolas(1.0, 1.0), parabolas(2.0, 3.0, 0.5)
    told: list[tuple[int, int]] = []
    found = compare(Sgd(0.01), validation, held_out, 5, (0.01, 0.1), lambda done, total: told.append((done, total)))
    assert list(found) == ["learned", *BASELINES]
    assert found["learned"].rate is None
    assert_close(found["learned"].losses, descend(held_out, Sgd(0.01), 5))
    for name, make in BASELINES.items():
        rate = tuned_rate(make, validation, 5, (0.01, 0.1))
        assert found[name].rate == rate
        assert_close(found[name].losses, descend(held_out, make(rate), 5))
        assert_close(found[name].final, found[name].losses[:, 5])
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
