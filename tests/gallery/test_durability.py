from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from gemel import Gallery, Model


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_that_was_acknowledged(lasting: str, tiny_model: Model, tmp_path: Path) -> None:
    tiny_model.save(tmp_path / "run")
    command = [sys.executable, "-m", "tests.gallery.killing", str(tmp_path / "run"), lasting, "100", "0"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout)
    assert told["acknowledged"] >= 100
    assert {name: told[name] for name in ("kills", "lost", "half", "unclean")} == {
        "kills": 100,
        "lost": 0,
        "half": 0,
        "unclean": 0,
    }


def test_readers_go_on_beside_a_writer(lasting: str, tiny_model: Model) -> None:
    """Each with a connection of its own, as processes have: no reader waits, errs, or sees less than before."""
    rng, over = np.random.default_rng(0), Event()
    pictures = rng.integers(0, 256, (12, 28, 28)).astype(np.uint8)

    def read(_: int) -> list[int]:
        sizes = []
        with Gallery(lasting, tiny_model) as gallery:
            while not over.is_set() or not sizes:
                sizes.append(len(gallery.held()))
                assert gallery.identify(pictures[0]).matches
        return sizes

    with Gallery(lasting, tiny_model) as writer, ThreadPoolExecutor(3) as threads:
        writer.enrol("0", pictures[0])
        reading = threads.map(read, range(3))
        for number, picture in enumerate(pictures[1:], start=1):
            writer.enrol(str(number % 3), picture)
        over.set()
        for sizes in reading:
            assert sizes == sorted(sizes)
            assert 1 <= sizes[0] <= sizes[-1] <= 12


def test_many_write_at_once(lasting: str, tiny_model: Model) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (4, 5, 28, 28)).astype(np.uint8)

    def write(writer: int) -> list[int]:
        with Gallery(lasting, tiny_model) as gallery:
            return [gallery.enrol("all", picture)[0].reference for picture in pictures[writer]]

    with ThreadPoolExecutor(4) as threads:
        numbers = [number for found in threads.map(write, range(4)) for number in found]
    with Gallery(lasting, tiny_model) as gallery:
        assert sorted(numbers) == gallery.held().ids.tolist()
        assert len(set(numbers)) == 20
