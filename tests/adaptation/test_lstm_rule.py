"""The LSTM that writes weights, against a loop over coordinates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gemel.adaptation.inner_rules import Moment
from gemel.adaptation.lstm_rule import LstmRule
from gemel.optimisers.coordinatewise_lstm import log_and_sign
from gemel.randomness import seeded, torch_generator


def made(rate: float = 0.1) -> LstmRule:
    with seeded(0, "rule"):
        rule = LstmRule({}, 3, rate, hidden=3).double()
        for gate in rule.gates:
            nn.init.normal_(gate.weight)
    return rule


def cell_of(rule: LstmRule) -> nn.LSTMCell:
    """Return torch's LSTM with the same weights, whose gates stand in the order i, f, g, o; ours i, f, o, g."""
    cell = nn.LSTMCell(4, 3).double()
    order = torch.tensor([0, 1, 2, 3, 4, 5, 9, 10, 11, 6, 7, 8])
    with torch.no_grad():
        cell.weight_ih.copy_(rule.reader.weight[order, :4])
        cell.weight_hh.copy_(rule.reader.weight[order, 4:])
        cell.bias_ih.copy_(rule.reader.bias[order])
        cell.bias_hh.zero_()
    return cell


def test_each_coordinate_is_read_and_written_by_itself() -> None:
    rule, generator = made(), torch_generator(1)
    start = {
        name: torch.randn(shape, generator=generator, dtype=torch.float64)
        for name, shape in (("a", (2, 3)), ("b", (4,)))
    }
    slopes = [
        {name: torch.randn(value.shape, generator=generator, dtype=torch.float64) for name, value in start.items()}
        for _ in range(3)
    ]
    losses = [torch.tensor(loss, dtype=torch.float64) for loss in (2.0, 0.5, 1e-7)]

    numbers, moment = start, Moment(0, losses[0])
    for step in range(3):
        moment.step, moment.loss = step, losses[step]
        numbers = rule(numbers, slopes[step], moment)

    for name, value in start.items():
        for place in range(value.numel()):
            expected = one_coordinate(rule, value.flatten()[place], [s[name].flatten()[place] for s in slopes], losses)
            torch.testing.assert_close(numbers[name].flatten()[place], expected)


def one_coordinate(rule: LstmRule, phi: Tensor, slopes: list[Tensor], losses: list[Tensor]) -> Tensor:
    cell, forget, taken = cell_of(rule), torch.tensor(rule.first[0]), torch.tensor(rule.first[1])
    h, c = (torch.zeros(1, 3, dtype=torch.float64) for _ in range(2))
    for slope, loss in zip(slopes, losses, strict=True):
        h, c = cell(torch.cat([log_and_sign(slope), log_and_sign(loss)])[None], (h, c))
        row = torch.cat([h[0], phi[None]])
        forget, taken = (
            torch.sigmoid(gate.weight[0] @ torch.cat([row, before.double()[None]]) + gate.bias[0])
            for gate, before in zip(rule.gates, (forget, taken), strict=True)
        )
        phi = forget * phi - taken * slope
    return phi


def test_it_starts_as_gradient_descent_at_its_rate() -> None:
    with seeded(0, "rule"):
        rule = LstmRule({}, 3, rate=0.2)
    phi, slope = torch.tensor([1.0, -2.0]), torch.tensor([0.5, -0.1])
    found = rule({"a": phi}, {"a": slope}, Moment(0, torch.tensor(1.0)))["a"]
    torch.testing.assert_close(found, phi - 0.2 * slope, rtol=2e-2, atol=5e-3)
