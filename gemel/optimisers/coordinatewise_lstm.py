"""An optimiser that is learnt: one small LSTM, run on every coordinate by itself."""

from __future__ import annotations

import json
import math
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gemel.errors import ModelError
from gemel.files import replacing
from gemel.optimisers.update_rule import State


def log_and_sign(gradient: Tensor, p: float = 10.0) -> Tensor:
    """Return ``(log|g| / p, sign g)`` where ``|g| >= e^-p``, else ``(-1, e^p g)``: (...) -> (..., 2).

    Gradients of very different sizes are so brought near to -1 ... 1, without a jump and with a finite value at 0.

    Andrychowicz et al. (2016), appendix A.
    """
    least = math.exp(-p)
    size = gradient.abs()
    logarithm = size.clamp(min=least).log() / p  # the clamp makes it -1 for all that are smaller
    return torch.stack((logarithm, torch.where(size >= least, gradient.sign(), gradient / least)), dim=-1)


def lstm_step(x: Tensor, hidden: Tensor, cell: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Return an LSTM layer's next hidden state and cell: (N, I), (N, H), (N, H), (4H, I + H), (4H,) -> (N, H), (N, H).

    ``i, f, o = sigmoid(A (x, h) + a)``, ``c' = f c + i tanh(B (x, h) + b)``, ``h' = o tanh(c')``; ``weight`` holds the
    rows of A, for i, f and o, and then those of B; ``bias`` likewise.

    Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000).
    """
    width = hidden.shape[1]
    sums = torch.addmm(bias, torch.cat((x, hidden), dim=1), weight.T)  # (N, 4H)
    taken, kept, shown = sums[:, : 3 * width].sigmoid().chunk(3, dim=1)
    cell = kept * cell + taken * sums[:, 3 * width :].tanh()
    return shown * cell.tanh(), cell


class CoordinatewiseLstm(nn.Module):
    """``u = scale (w · LSTM(g; state) + b)`` for each coordinate, with weights shared by all and a state of its own.

    Each coordinate of the gradient is seen by itself, with what is remembered of it, so that functions may have any
    number of parameters, in any order. Two layers; 5,141 weights with the defaults.

    Andrychowicz et al. (2016), "Learning to learn by gradient descent by gradient descent".

    Args:
        hidden: units of each layer.
        p: of the gradients' preprocessing, ``log_and_sign``; None takes them as they are.
        scale: of the updates.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(self, hidden: int = 20, p: float | None = 10.0, scale: float = 0.1) -> None:
        super().__init__()
        if hidden < 1 or scale <= 0 or (p is not None and p <= 0):
            raise ValueError(
                f"hidden {hidden}, p {p}, scale {scale}; a unit or more, and numbers above 0, are expected"
            )
        self.hidden, self.p, self.scale = hidden, p, scale
        self.lower = nn.Linear((1 if p is None else 2) + hidden, 4 * hidden)
        self.upper = nn.Linear(2 * hidden, 4 * hidden)
        self.output = nn.Linear(hidden, 1)

    def start(self, theta: Tensor) -> State:
        """Return the state before the first step: hidden state and cell of both layers, each (N, H), N coordinates."""
        return tuple(theta.new_zeros(theta.numel(), self.hidden) for _ in range(4))

    def forward(self, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the update, of the gradient's shape, and the next state."""
        flat = gradient.reshape(-1)
        x = flat[:, None] if self.p is None else log_and_sign(flat, self.p)  # (N, 1) or (N, 2)
        low, low_cell = lstm_step(x, state[0], state[1], self.lower.weight, self.lower.bias)
        high, high_cell = lstm_step(low, state[2], state[3], self.upper.weight, self.upper.bias)
        return self.scale * self.output(high).reshape(gradient.shape), (low, low_cell, high, high_cell)

    def write(self, path: Path) -> None:
        """Write the weights, and what is needed to read them, as safetensors; whole or not at all."""
        options = json.dumps({"hidden": self.hidden, "p": self.p, "scale": self.scale})
        with replacing(path) as temporary:
            save_file(self.state_dict(), temporary, {"coordinatewise_lstm": options})

    @classmethod
    def read(cls, path: Path) -> CoordinatewiseLstm:
        """Return what ``write`` wrote.

        Raises:
            ModelError: the file is absent, damaged or of something else.
        """
        if not path.is_file():
            raise ModelError(f"{path} does not exist; train an optimiser first.")
        try:
            with safetensors.safe_open(path, "pt") as file:
                rule = cls(**json.loads(file.metadata()["coordinatewise_lstm"]))
                rule.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        except (safetensors.SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path} holds no learned optimiser, or a damaged one; train it again.") from error
        return rule
