"""What the routes share: the gallery, what is allowed, who may, and threads to work on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Literal, ParamSpec, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from gemel.errors import DataError, InputError
from gemel.gallery import Gallery
from gemel.gallery.asked import Asked
from gemel.server.access import Access
from gemel.server.budget import Budget
from gemel.server.gathered_model import GatheredModel, gathered
from gemel.server.jobs import Jobs
from gemel.server.metrics import Metrics
from gemel.server.problems import ProblemError
from gemel.server.recorder import Recorder
from gemel.server.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

#: So many requests are worked on at once: twice the largest batch, so that one gathers while one is embedded.
THREADS = 32

#: The field of the one picture that is asked about.
ASKED = "file"


@dataclass(frozen=True, eq=False)
class Service:
    """What the routes share.

    Attributes:
        gallery: answers, by a model whose embeddings are gathered.
        settings: what is allowed.
        access: who may.
        metrics: what is counted.
        jobs: what takes long.
        recorder: writes down what is asked, where that is wanted.
        pixels: of the pictures that are being enrolled.
        started: when, on the monotonic clock.
        lock: held while the model is looked at.
        threads: how many requests are worked on at once.
    """

    gallery: Gallery
    settings: Settings
    access: Access
    metrics: Metrics
    jobs: Jobs
    recorder: Recorder
    pixels: Budget
    started: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(THREADS))

    @property
    def model(self) -> GatheredModel:
        """The model that answers; one that the gallery has just gone over to is gathered from now on."""
        with self.lock:
            if not isinstance(self.gallery.model, GatheredModel):
                served = gathered(self.gallery.model, self.settings.patience, self.settings.processes)
                self.gallery.answer_by(served, self.gallery.store.model_id)
            return cast(GatheredModel, self.gallery.model)

    def note(self, attempt: Asked) -> None:
        """Have a question with its answer kept for review, where that is wanted."""
        if self.settings.attempts:
            self.recorder.note(attempt)

    def start(self) -> None:
        """Begin, with what an earlier server left to do."""
        self.jobs.start()
        self.recorder.start()

    def close(self) -> None:
        """Stop the jobs, then what was to be written down, then the encoder; the gallery has its plain model again."""
        self.jobs.close()
        self.recorder.close()
        served = self.model
        served.gathering.close()
        self.gallery.answer_by(served.plain, self.gallery.store.model_id)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a function gives, called on a thread: the event loop only reads and writes."""
        return await to_thread.run_sync(partial(function, *args, **kwargs), limiter=self.threads)

    @contextmanager
    def asking(self, label: str | None = None, field: str = "label") -> Iterator[None]:
        """Tell what the gallery refuses inside: no such class, nothing enrolled, or a picture that is none.

        Raises:
            ProblemError: there is no such class (404), nothing is enrolled (409), or the picture is damaged (422).
        """
        try:
            yield
        except InputError as error:
            raise ProblemError(422, f"{ASKED}: {error}.", "undecodable", ASKED) from error
        except DataError as error:
            if label is not None and label not in self.gallery.labels():
                told = str(error) if len(self.gallery) else f"There is no class '{label}', nor any other."
                raise ProblemError(404, told, "unknown_class", field) from error
            if not len(self.gallery):
                raise ProblemError(409, "The gallery is empty; enrol a class first.", "empty_gallery") from error
            raise

    @contextmanager
    def asking_number(self, what: Literal["reference", "attempt"], field: str = "id") -> Iterator[None]:
        """Tell that a reference, or an attempt, is missing or settled, where the gallery refuses what is done inside.

        Raises:
            ProblemError: there is none of the number (404), or it is settled already (409).
        """
        try:
            yield
        except DataError as error:
            if str(error).startswith(f"There is no {what}"):
                raise ProblemError(404, str(error), f"unknown_{what}", field) from error
            if str(error).endswith("already."):
                raise ProblemError(409, str(error), "settled", field) from error
            raise


async def service_of(request: Request) -> Service:
    """Return what the routes share."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service_of)]


def milliseconds_since(start: float) -> float:
    """Return the milliseconds since a moment of ``time.perf_counter``."""
    return round((time.perf_counter() - start) * 1000, 3)
