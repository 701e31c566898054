"""An encoder that no other thread of the server holds up."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar, final

import numpy as np
import torch

from gemel.model import Model
from gemel.server.encoding import Encoding, EncodingHere

T = TypeVar("T")

#: Set for the process that is begun: between two operations its threads sleep. By default they spin, and keep the cores
#: from those who read requests and write answers.
WAITING = ("OMP_WAIT_POLICY", "passive")

#: What embeds in the process that is for it.
HERE: list[EncodingHere] = []


@final
class EncodingApart(Encoding):
    """In a process of its own.

    An encoder is hundreds of operations, and gives Python's interpreter up in each; beside the threads that read
    requests and write answers it would wait for it most of the time. One that ends (out of memory, say) is begun anew.

    Args:
        model: what embeds; it is sent to the process.
        threads: that the process works with; the last digits may depend on it.
    """

    def __init__(self, model: Model, threads: int) -> None:
        self.model, self.threads = model, threads
        self._pool = self._begun()

    def agreeing(self, sizes: Iterable[int]) -> tuple[int, ...]:
        return self._called(_agreeing, tuple(sizes))

    def quick(self, sizes: Iterable[int]) -> tuple[int, ...]:
        return self._called(_quick, tuple(sizes))

    def embed(self, pixels: np.ndarray) -> np.ndarray:
        return self._called(_embed, pixels)

    def close(self) -> None:
        self._pool.shutdown()

    def _begun(self) -> ProcessPoolExecutor:
        os.environ.setdefault(*WAITING)
        begin = (self.model, self.threads)
        return ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin, initargs=begin)

    def _called(self, function: Callable[..., T], *arguments: Any) -> T:
        try:
            return self._submitted(function, *arguments).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = self._begun()
            return self._submitted(function, *arguments).result()

    def _submitted(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        with uninterrupted():  # the first one begins the process
            return self._pool.submit(function, *arguments)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Have the processes that are begun inside not hear Ctrl-C: it is the server's, which still has answers to give."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where a process is deaf once it has begun
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(model: Model, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    HERE.append(EncodingHere(model))


def _agreeing(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return HERE[0].agreeing(sizes)


def _quick(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return HERE[0].quick(sizes)


def _embed(pixels: np.ndarray) -> np.ndarray:
    return HERE[0].embed(pixels)
