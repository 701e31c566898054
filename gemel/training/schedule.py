"""How the learning rate moves."""

from __future__ import annotations

import math


def cosine_rate(step: int, steps: int, warmup: float) -> float:
    """Return the share of the full rate at ``step`` (0 ... steps-1), in (0, 1].

    It rises linearly over the first ``warmup`` share of the steps, then falls as half a cosine to near 0.
    """
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising + 1) / (steps - rising + 1)))
