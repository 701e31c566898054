"""The allocator keeps what a step frees."""

from __future__ import annotations

import ctypes
import resource
import sys

import pytest
import torch

from gemel.training import memory
from gemel.training.memory import keep_freed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_a_freed_block_costs_no_pages_the_second_time() -> None:
    assert keep_freed()
    torch.ones(2**24)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(2**24)  # 64 MiB: 16,384 pages
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 1000


def test_another_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ctypes.CDLL:
        raise OSError(name)

    monkeypatch.setattr(memory.ctypes, "CDLL", absent)
    assert not keep_freed()
