"""The meta-learner that reads gradients and writes weights: an LSTM whose cell is the network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gemel.adaptation.inner_rules import InnerRule, Moment
from gemel.adaptation.stateless import Numbers
from gemel.optimisers.coordinatewise_lstm import log_and_sign, lstm_step


def flat(numbers: Numbers) -> Tensor:
    """Return all numbers in one row: (P,)."""
    return torch.cat([value.flatten() for value in numbers.values()])


def shaped(row: Tensor, like: Numbers) -> dict[str, Tensor]:
    """Return a row (P,) as numbers of those shapes."""
    pieces = torch.split(row, [value.numel() for value in like.values()])
    return {name: piece.view_as(value) for piece, (name, value) in zip(pieces, like.items(), strict=True)}


class LstmRule(InnerRule):
    """``phi_j = f o phi_{j-1} - i o g`` with forget and input gates f and i, one of each a number.

    Ravi & Larochelle 2017. Every coordinate is seen by itself, by weights that all share:

        h = LSTM(log and sign of g, log and sign of the loss),
        f = sigmoid(w_f (h, phi, f_before) + b_f),    i = sigmoid(w_i (h, phi, i_before) + b_i).

    At first f is near 1 and i near 0: gradient descent at a small rate. With ``order: 1`` gradients and losses count as
    constants, as in the paper.

    Args:
        numbers: see ``InnerRule``; steps: as many as one likes.
        rate: i at first.
        hidden: units of the LSTM.
        kept: f at first.
    """

    def __init__(self, numbers: Numbers, steps: int, rate: float, hidden: int = 20, kept: float = 0.999) -> None:
        super().__init__(numbers, steps, rate)
        self.reader = nn.Linear(4 + hidden, 4 * hidden)
        self.gates = nn.ModuleList(nn.Linear(hidden + 2, 1) for _ in range(2))  # forget, input
        for gate, first in zip(self.gates, (kept, min(rate, 0.5)), strict=True):
            assert isinstance(gate, nn.Linear)
            nn.init.uniform_(gate.weight, -0.01, 0.01)
            nn.init.constant_(gate.bias, float(torch.logit(torch.tensor(first, dtype=torch.float64))))
        self.hidden, self.first = hidden, (kept, min(rate, 0.5))

    def forward(self, numbers: Numbers, gradients: Numbers, moment: Moment) -> Numbers:
        with torch.autocast(moment.loss.device.type, enabled=False):
            return shaped(self.written(flat(numbers), flat(gradients), moment), numbers)

    def written(self, phi: Tensor, slope: Tensor, moment: Moment) -> Tensor:
        """Return the next numbers in one row: (P,), (P,) -> (P,)."""
        memory = moment.memory or self.start(phi)
        seen = torch.cat([log_and_sign(slope), log_and_sign(moment.loss).expand(len(phi), 2)], 1)  # (P, 4)
        h, cell = lstm_step(seen, memory["h"], memory["cell"], self.reader.weight, self.reader.bias)
        kept, taken = (
            torch.sigmoid(gate(torch.cat([h, phi[:, None], memory[name][:, None]], 1))).squeeze(1)
            for gate, name in zip(self.gates, ("forget", "input"), strict=True)
        )
        moment.memory.update(h=h, cell=cell, forget=kept, input=taken)
        return kept * phi - taken * slope

    def start(self, phi: Tensor) -> dict[str, Tensor]:
        """Return what is remembered before the first step, of P coordinates."""
        rows = phi.new_zeros(len(phi), self.hidden)
        return {"h": rows, "cell": rows, **{name: phi.new_full((len(phi),), first) for name, first in
                                            zip(("forget", "input"), self.first, strict=True)}}  # fmt: skip
