"""The pictures of many callers, gathered for a moment into the next batch of whichever encoder is free."""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from gemel.errors import GemelError
from gemel.server.encoding import Encoding
from gemel.server.together import SIZES

#: So many of the last embeddings are kept in mind.
RECENT = 64


@dataclass(frozen=True, eq=False)
class Asked:
    """A prepared picture, uint8 (C, H, W), and who waits for its embedding, float32 (D,)."""

    pixels: np.ndarray
    answer: Future[np.ndarray] = field(default_factory=Future)


class Gathering:
    """Embeds what any number of threads ask for, each picture to the bit as if it were alone, on a thread an encoder.

    While the encoders are at work the next batch gathers by itself, for the first that is free. A batch waits,
    ``patience`` seconds at most, while callers are still preparing pictures, and where several are asked about at once
    until no more come for a ``lull``; a lone request never does. Nor does a batch grow beyond an encoder's share of all
    that is under way: of two, one would idle. What is too much for a batch of a size that agrees goes into the next
    one. What was asked just before, or is being asked, is not embedded again.

    On a busy machine's one core, the packaged character model (nine views a picture) takes 22.5 ms a picture alone, and
    11.0 ms in batches of sixteen, equal to the bit; 10.7 ms were the products not kept apart.

    Args:
        encodings: what embeds, alike to the bit; each is closed with this, on its thread.
        patience, lull: seconds.
        sizes: batch sizes to try; those that do not agree with single pictures, or are slower, are not used.
    """

    def __init__(
        self, encodings: Sequence[Encoding], patience: float = 0.05, lull: float = 0.01, sizes: Sequence[int] = SIZES
    ) -> None:
        self.patience, self.lull = patience, lull
        self.sizes: tuple[int, ...] = ()  # until they are tried
        self.batches = 0
        self.pictures = 0
        self._candidates = sizes
        self._found: list[set[int]] = []  # the sizes that suit each encoder that has tried
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._waiting: list[Asked] = []
        self._preparing, self._embedding = 0, 0
        self._crowded = False
        self._open, self._closed = True, False
        self._recent: OrderedDict[bytes, Future[np.ndarray]] = OrderedDict()
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._tried = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(encoding, len(encodings)), name="encoder", daemon=True)
            for encoding in encodings
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> None:
        """Say that pictures are being prepared."""
        with self._lock:
            self._preparing += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._preparing -= 1

    def ask(self, pixels: np.ndarray) -> Future[np.ndarray]:
        """Return what will hold the embedding of a prepared picture: uint8 (C, H, W) -> float32 (D,).

        Raises:
            GemelError: it is closed.
        """
        asked, digest = Asked(pixels), hashlib.sha256(pixels.tobytes()).digest()
        with self._lock:
            if self._closed:
                raise GemelError("The server is stopping; ask again once it runs.")
            if (known := self._recent.get(digest)) is not None and not failed(known):
                return known
            self._recent[digest] = asked.answer
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
            self._asked.put(asked)
        return asked.answer

    def wait_until_tried(self, seconds: float) -> bool:
        """Wait until it is known which batch sizes serve, and return whether it is."""
        return self._tried.wait(seconds)

    def end(self) -> None:
        """Have the threads end, and the encodings closed, once what was asked before is answered."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._asked.put(None)

    def close(self) -> None:
        """End, and wait until that has happened."""
        self.end()
        self.join()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most so long."""
        end = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return any(thread.is_alive() for thread in self._threads)

    def _work(self, encoding: Encoding, encoders: int) -> None:
        with closing(encoding):
            self._try_out(encoding, encoders)
            self._tried.wait()
            while part := self._next_part():
                self._answer_part(encoding, part)

    def _try_out(self, encoding: Encoding, encoders: int) -> None:
        """Find which sizes agree, and are quick; the last encoder to do so keeps those at which all do, and are."""
        try:
            found = set(encoding.quick(encoding.agreeing(self._candidates)))
        except Exception:  # whoever asks for an embedding is told
            logging.getLogger("gemel.server").exception("an encoder failed when it was tried")
            found = set()
        with self._lock:
            self._found.append(found)
            if len(self._found) == encoders:
                self.sizes = tuple(sorted(set.intersection(*self._found), reverse=True))
                self._tried.set()

    def _next_part(self) -> list[Asked]:
        """Return the next batch, gathered by one thread at a time; none, once all is answered that ever will be."""
        with self._turn:
            if self._open:
                self._open = self._gather()
            most = min(len(self._waiting), self._share())
            size = next((size for size in self.sizes if size <= most), 1)
            part, self._waiting = self._waiting[:size], self._waiting[size:]
            self._crowded = size > 1
            with self._lock:
                self._embedding += len(part)
            return part

    def _share(self) -> int:
        """Return how many of the pictures that are under way are one encoder's, 1 at least."""
        with self._lock:
            under_way = self._preparing + self._asked.qsize() + len(self._waiting) + self._embedding
        return max(1, -(-under_way // len(self._threads)))

    def _gather(self) -> bool:
        """Add to those who wait until a batch is worth its while, and return whether more may come."""
        waiting, end = self._waiting, time.monotonic() + self.patience
        while len(waiting) < min(self._share(), max(self.sizes, default=1)):
            try:
                following = self._asked.get(timeout=self._wait(len(waiting), end))
            except queue.Empty:
                return True
            if following is None:
                return False
            waiting.append(following)
        return True

    def _wait(self, waiting: int, end: float) -> float | None:
        """Return how many seconds to wait for one more: any number where nobody waits, hence None."""
        if not waiting:
            return None
        left = max(0.0, end - time.monotonic())
        if self._preparing:
            return left
        return min(left, self.lull) if self._crowded or waiting > 1 else 0.0

    def _answer_part(self, encoding: Encoding, part: list[Asked]) -> None:
        try:
            embeddings = encoding.embed(np.stack([one.pixels for one in part]))
        except Exception as error:  # whatever went wrong, nobody is left waiting
            for one in part:
                one.answer.set_exception(error)
            return
        finally:
            with self._lock:
                self._embedding -= len(part)
        with self._lock:
            self.batches, self.pictures = self.batches + 1, self.pictures + len(part)
        for one, embedding in zip(part, embeddings, strict=True):
            one.answer.set_result(embedding)


def failed(answer: Future[np.ndarray]) -> bool:
    """Return whether there will be no embedding."""
    return answer.done() and answer.exception() is not None
