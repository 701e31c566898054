"""One seed and a path of names or numbers -> a generator of its own; nothing draws from a global generator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derived_seed(seed: int, *path: int | str) -> int:
    """Return a 63-bit seed that depends on ``seed`` and every step of ``path``, and on nothing else."""
    text = "/".join(str(part) for part in (seed, *path))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def torch_generator(seed: int, *path: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a torch generator for ``(seed, *path)``, e.g. ``torch_generator(0, "augment", step)``."""
    return torch.Generator(device=device).manual_seed(derived_seed(seed, *path))


def numpy_generator(seed: int, *path: int | str) -> np.random.Generator:
    """Return a NumPy generator for ``(seed, *path)``."""
    return np.random.default_rng(derived_seed(seed, *path))


@contextmanager
def seeded(seed: int, *path: int | str) -> Iterator[None]:
    """Run a block that draws from torch's global generator (layer initialisation, dropout) as if it had one of its own.

    The global generator is seeded from ``(seed, *path)`` inside and put back as it was on leaving.
    """
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(derived_seed(seed, *path))
        yield
