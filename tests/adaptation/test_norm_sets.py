"""Which set of batch norms serves when."""

from __future__ import annotations

import torch
from torch import nn

from gemel.adaptation import at_step, give_sets
from gemel.adaptation.norm_sets import NormSets


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Sequential(nn.Flatten(), nn.BatchNorm1d(8)))


def test_every_batch_norm_gets_its_sets_and_nothing_else_changes() -> None:
    plain, made = network(), network()
    give_sets(made, 3)
    assert isinstance(made[1], NormSets)
    assert isinstance(made[2][1], NormSets)
    assert [len(module.sets) for module in made.modules() if isinstance(module, NormSets)] == [3, 3]
    norms = {name: value for name, value in plain.state_dict().items() if name.startswith(("1.", "2.1."))}
    assert len(made.state_dict()) == len(plain.state_dict()) + 2 * len(norms)
    made.eval().load_state_dict(made.state_dict() | {"1.sets.0.bias": torch.ones(2), "1.sets.1.bias": torch.zeros(2)})
    plain.eval().load_state_dict(at_step(made.state_dict(), 0))
    items = torch.randn(4, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(made(items), plain(items))  # by itself, it is the first step's


def test_a_step_s_numbers_are_those_of_a_plain_network() -> None:
    made = network()
    give_sets(made, 12)
    numbers = {name: torch.tensor(float(place)) for place, name in enumerate(made.state_dict())}
    for step in (1, 11):
        found = at_step(numbers, step)
        assert found.keys() == network().state_dict().keys()
        assert found["1.weight"] is numbers[f"1.sets.{step}.weight"]
        assert found["2.1.running_var"] is numbers[f"2.1.sets.{step}.running_var"]
        assert found["0.weight"] is numbers["0.weight"]
    plain = network().state_dict()
    assert at_step(plain, 5) == plain
