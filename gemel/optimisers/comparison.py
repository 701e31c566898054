"""A learned optimiser and the field's own, on functions that none of them was fitted to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from gemel.optimisers.baselines import BASELINES
from gemel.optimisers.descent import descend, final_loss
from gemel.optimisers.problems import Problems
from gemel.optimisers.update_rule import UpdateRule

#: Four rates a factor of ten, from 1e-4 to 100.
RATES = tuple(10 ** (quarter / 4) for quarter in range(-16, 9))

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Descents:
    """How one optimiser fared: ``losses`` (B, steps + 1), and the rate it was given, where it has one."""

    losses: Tensor
    rate: float | None = None

    @property
    def final(self) -> Tensor:
        """(B,) the losses after the last step."""
        return self.losses[:, -1]


def tuned_rate(
    make: Callable[[float], UpdateRule], validation: Problems, steps: int, rates: Sequence[float] = RATES
) -> float:
    """Return the rate with the least mean final loss, as in the paper; of equals, the first."""
    return min(rates, key=lambda rate: final_loss(validation, make(rate), steps))


def compare(
    learned: UpdateRule,
    validation: Problems,
    held_out: Problems,
    steps: int,
    rates: Sequence[float] = RATES,
    progress: Progress = lambda done, total: None,
) -> dict[str, Descents]:
    """Return every optimiser's descents on the held-out functions: the learned one's, and those of ``BASELINES``.

    Each baseline's rate is tuned on the validation functions; nothing is fitted to the held-out ones.
    """
    found = {"learned": Descents(descend(held_out, learned, steps))}
    for done, (name, make) in enumerate(BASELINES.items()):
        progress(done, len(BASELINES))
        rate = tuned_rate(make, validation, steps, rates)
        found[name] = Descents(descend(held_out, make(rate), steps), rate)
    progress(len(BASELINES), len(BASELINES))
    return found
