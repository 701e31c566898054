"""Questions with their answers, kept for review without anybody waiting for it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import suppress

from gemel.gallery import Gallery
from gemel.gallery.asked import Asked
from gemel.server.settings import MEBIBYTE
from gemel.wording import counted

#: Attempts that wait to be written down, and bytes of their pictures; what comes beyond is left out.
MOST_WAITING, MOST_BYTES = 256, 64 * MEBIBYTE

#: Written down together: what comes within so many seconds, and so many attempts at most.
MOMENT, AT_ONCE = 0.1, 32


class Recorder:
    """Writes attempts down on a thread of its own, in one transaction what came within a moment.

    Args:
        gallery: whose review they are for.
    """

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.left_out = 0
        self._waiting: queue.Queue[Asked | None] = queue.Queue()
        self._count, self._bytes, self._lock = 0, 0, threading.Lock()
        self._thread = threading.Thread(target=self._work, name="attempts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def note(self, attempt: Asked) -> None:
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
        while more := self._gathered():
            self._write([attempt for attempt in more if attempt is not None])
            for _ in more:
                self._waiting.task_done()
            if more[-1] is None:
                return

    def _gathered(self) -> list[Asked | None]:
        """Return what waits, with what comes within a moment of the first; None comes last, where it ends."""
        found, end = [self._waiting.get()], time.monotonic() + MOMENT
        with suppress(queue.Empty):
            while found[-1] is not None and len(found) < AT_ONCE:
                found.append(self._waiting.get(timeout=max(0.0, end - time.monotonic())))
        return found

    def _write(self, attempts: list[Asked]) -> None:
        try:
            self.gallery.review.record_all(attempts)
        except Exception:  # answers were given; that they cannot be kept is for the log
            logging.getLogger("gemel.server").exception("%s not kept", counted(len(attempts), "attempt"))
        with self._lock:
            self._count -= len(attempts)
            self._bytes -= sum(attempt.size for attempt in attempts)
