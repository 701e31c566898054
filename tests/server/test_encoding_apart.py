"""A process for the encoder: the same embeddings to the bit, and another one where it has ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from gemel.model import Model
from gemel.server.encoding import EncodingHere
from gemel.server.encoding_apart import EncodingApart


@pytest.fixture
def apart(tiny_model: Model) -> Iterator[EncodingApart]:
    encoding = EncodingApart(tiny_model, torch.get_num_threads())
    yield encoding
    encoding.close()


def test_it_embeds_as_here_also_after_its_process_was_killed(apart: EncodingApart, tiny_model: Model) -> None:
    here, pixels = EncodingHere(tiny_model), np.random.default_rng(0).integers(0, 256, (2, 1, 28, 28), np.uint8)
    assert apart.agreeing((2, 4)) == here.agreeing((2, 4))
    assert apart.quick((2,)) == here.quick((2,)) == (2,)
    np.testing.assert_array_equal(apart.embed(pixels), here.embed(pixels))
    (first,) = apart._pool._processes
    os.kill(first, signal.SIGINT)  # Ctrl-C reaches it too, and is not for it
    np.testing.assert_array_equal(apart.embed(pixels), here.embed(pixels))
    os.kill(first, signal.SIGKILL)
    np.testing.assert_array_equal(apart.embed(pixels), here.embed(pixels))
    assert first not in apart._pool._processes


def test_a_process_that_begins_is_not_interrupted(tiny_model: Model) -> None:
    encoding = EncodingApart(tiny_model, 1)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(encoding.quick, (2,))
        while not encoding._pool._processes:
            time.sleep(0.01)
        (first,) = encoding._pool._processes
        os.kill(first, signal.SIGINT)
        assert answer.result(60) == (2,)
    assert list(encoding._pool._processes) == [first]
    encoding.close()
