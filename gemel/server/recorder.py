"""Questions with their answers, kept for review without anybody waiting for it."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass

from gemel.data.items import Item
from gemel.gallery import Gallery
from gemel.verdicts import Identification, Verdict

#: Attempts that wait to be written down; while more come than can be, the newest are left out.
MOST_WAITING = 256


@dataclass(frozen=True, eq=False)
class Attempt:
    """A question with its answer; ``label`` is the class asked about, of a verdict."""

    answer: Identification | Verdict
    item: Item
    label: str | None
    who: str


class Recorder:
    """Writes attempts down on a thread of its own.

    Args:
        gallery: whose review they are for.
    """

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.left_out = 0
        self._waiting: queue.Queue[Attempt | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="attempts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def note(self, answer: Identification | Verdict, item: Item, label: str | None = None, who: str = "") -> None:
        """Have an attempt written down soon; it is left out where too many wait."""
        try:
            self._waiting.put_nowait(Attempt(answer, item, label, who))
        except queue.Full:
            self.left_out += 1

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
            self._waiting.task_done()
        self._waiting.task_done()

    def _write(self, attempt: Attempt) -> None:
        try:
            self.gallery.review.record(attempt.answer, attempt.item, label=attempt.label, who=attempt.who)
        except Exception:  # an answer was given; that it cannot be kept is for the log
            logging.getLogger("gemel.server").exception("an attempt was not kept")
