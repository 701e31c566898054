"""Questions with their answers, kept for review without anybody waiting for it."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass

import numpy as np

from gemel.data.items import Item
from gemel.gallery import Gallery
from gemel.server.settings import MEBIBYTE
from gemel.verdicts import Identification, Verdict

#: Attempts that wait to be written down, and bytes of their pictures; what comes beyond is left out.
MOST_WAITING, MOST_BYTES = 256, 64 * MEBIBYTE


@dataclass(frozen=True, eq=False)
class Attempt:
    """A question, its item embedded (D,), and its answer; ``label`` is the class asked about, of a verdict."""

    answer: Identification | Verdict
    item: Item
    embedding: np.ndarray
    label: str | None
    who: str

    @property
    def size(self) -> int:
        """Bytes of the picture's file."""
        return len(self.item) if isinstance(self.item, bytes) else 0


class Recorder:
    """Writes attempts down on a thread of its own.

    Args:
        gallery: whose review they are for.
    """

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.left_out = 0
        self._waiting: queue.Queue[Attempt | None] = queue.Queue()
        self._count, self._bytes, self._lock = 0, 0, threading.Lock()
        self._thread = threading.Thread(target=self._work, name="attempts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def note(self, attempt: Attempt) -> None:
        """Have an attempt written down soon; it is left out where too many wait."""
        with self._lock:
            if self._count == MOST_WAITING or self._bytes + attempt.size > MOST_BYTES:
                self.left_out += 1
                return
            self._count, self._bytes = self._count + 1, self._bytes + attempt.size
        self._waiting.put(attempt)

    def close(self) -> None:
        """End, once all that was noted is written down."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def flush(self) -> None:
        """Wait until all that was noted is written down."""
        self._waiting.join()

    def _work(self) -> None:
        while (attempt := self._waiting.get()) is not None:
            self._write(attempt)
            with self._lock:
                self._count, self._bytes = self._count - 1, self._bytes - attempt.size
            self._waiting.task_done()
        self._waiting.task_done()

    def _write(self, attempt: Attempt) -> None:
        try:
            self.gallery.review.record(attempt.answer, attempt.item, attempt.embedding, attempt.label, attempt.who)
        except Exception:  # an answer was given; that it cannot be kept is for the log
            logging.getLogger("gemel.server").exception("an attempt was not kept")
