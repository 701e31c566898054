"""The allocator keeps what a step frees."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from gemel.training import memory
from gemel.training.memory import keep_freed

#: Prints the pages that the last steps of a small training took anew, with the allocator told or not.
STEPS = """
import resource, sys, torch
from gemel.training.memory import keep_freed
torch.set_num_threads(1)
if sys.argv[1] == "told":
    assert keep_freed()
model, items, taken = torch.nn.Conv2d(1, 64, 3, 1, 1), torch.rand(256, 1, 28, 28), []
for _ in range(12):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    model(items).relu().square().mean().backward()
    taken.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(sum(taken[-6:]))
"""


def pages(how: str) -> int:
    """Return the pages taken anew in a process of its own, whose heap nothing has used before."""
    done = subprocess.run([sys.executable, "-c", STEPS, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_a_step_takes_few_pages_that_it_had_before() -> None:
    assert pages("told") < pages("not told") / 4


def test_another_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ctypes.CDLL:
        raise OSError(name)

    monkeypatch.setattr(memory.ctypes, "CDLL", absent)
    assert not keep_freed()
