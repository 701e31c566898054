"""What takes too long for an answer: done one after another on a thread, and gone on with after a restart."""

from __future__ import annotations

import json
import logging
import queue
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from gemel.errors import GemelError
from gemel.files import clear_drafts, write_json

State = Literal["waiting", "running", "done", "failed"]

#: Told as work goes on: (things done, things in all).
Progress = Callable[[int, int], None]

#: Finished jobs that are remembered.
MOST_FINISHED = 100


@dataclass(frozen=True)
class Job:
    """Some work.

    Attributes:
        id: its name.
        kind: what is done.
        who: who asked for it.
        made: when, in ISO 8601.
        arguments: what it is done with.
        state: a job that a stop interrupts is "waiting" again.
        done, total: how far it is.
        message: why it failed.
        result: what came of it.
    """

    id: str
    kind: str
    who: str
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    arguments: Mapping[str, Any] = field(default_factory=dict)
    state: State = "waiting"
    done: int = 0
    total: int = 0
    message: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


#: What does a job of a kind; done again from the start, it must end the same.
Work = Callable[[Job, Progress], Mapping[str, Any]]


class StoppingError(Exception):
    """The server stops; the job is gone on with when it starts again."""


class Jobs:
    """Does one job after another; each is on disk before it is told to have been taken.

    Args:
        folder: where jobs, what they take and what they give are kept, nobody else's; None for one that
            goes at the end.
        works: what does the jobs, by kind; may be set until the start.
    """

    def __init__(self, folder: Path | None, works: Mapping[str, Work] | None = None) -> None:
        self.lasting = folder is not None
        self.folder = folder or Path(tempfile.gettempdir(), f"gemel-jobs-{secrets.token_hex(8)}")
        self.works = works or {}
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier server left."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        clear_drafts(self.folder)
        for job in sorted(self._left(), key=lambda job: job.made):
            self._jobs[job.id] = job
            if job.state in ("waiting", "running"):
                self._keep(replace(job, state="waiting"))
                self._waiting.put(job.id)
        for path in self.folder.glob("*.zip"):
            if path.name.partition(".")[0] not in self._jobs:  # it came, but its job was not taken any more
                path.unlink()
        self._thread.start()

    def close(self) -> None:
        """End after the next step of the job at hand, which waits for the next start."""
        self._stopping.set()
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()
        if not self.lasting:
            shutil.rmtree(self.folder, ignore_errors=True)

    def new_id(self) -> str:
        """Return the name of a job to be, for the file that it takes."""
        return secrets.token_hex(8)

    def add(self, name: str, kind: str, who: str, **arguments: Any) -> Job:
        """Take a job, and return it."""
        job = Job(name, kind, who, arguments=arguments)
        self._keep(job)
        self._waiting.put(name)
        self._forget()
        return job

    def get(self, name: str) -> Job | None:
        """Return a job by its name."""
        return self._jobs.get(name)

    def listed(self) -> list[Job]:
        """Return the jobs, the newest first."""
        return sorted(self._jobs.values(), key=lambda job: job.made, reverse=True)

    def taken(self, name: str) -> Path:
        """Return the path of the file that a job takes."""
        return self.folder / f"{name}.zip"

    def given(self, name: str) -> Path:
        """Return the path of the file that a job gives."""
        return self.folder / f"{name}.result.zip"

    def _run(self) -> None:
        while (name := self._waiting.get()) is not None and not self._stopping.is_set():
            try:
                self._do(self._jobs[name])
            except OSError:  # the disk is full, say: the next job may do
                logging.getLogger("gemel.server").exception("job %s was not written down", name)

    def _do(self, job: Job) -> None:
        """Do a job; whatever it raises ends the job alone."""
        self._keep(replace(job, state="running"))
        try:
            result = self.works[job.kind](job, lambda done, total: self._note(job.id, done, total))
            self._keep(replace(self._jobs[job.id], state="done", result=result))
        except StoppingError:
            self._keep(replace(self._jobs[job.id], state="waiting"))
            return
        except GemelError as error:
            self._keep(replace(self._jobs[job.id], state="failed", message=str(error)))
        except Exception:
            logging.getLogger("gemel.server").exception("job %s failed", job.id)
            self._keep(replace(self._jobs[job.id], state="failed", message="The server failed; its log tells more."))
        self.taken(job.id).unlink(missing_ok=True)

    def _note(self, name: str, done: int, total: int) -> None:
        """Note how far a job is, in memory."""
        self._jobs[name] = replace(self._jobs[name], done=done, total=total)
        if self._stopping.is_set():
            raise StoppingError

    def _keep(self, job: Job) -> None:
        write_json(self.folder / f"{job.id}.json", asdict(job))
        self._jobs[job.id] = job

    def _forget(self) -> None:
        """Forget the oldest of the finished jobs."""
        finished = [job for job in self.listed() if job.state in ("done", "failed")]
        for job in finished[MOST_FINISHED:]:
            del self._jobs[job.id]
            for path in (self.folder / f"{job.id}.json", self.given(job.id)):
                path.unlink(missing_ok=True)

    def _left(self) -> list[Job]:
        """Return the jobs in the folder; what is no job is left alone."""
        found = []
        for path in self.folder.glob("*.json"):
            try:
                job = Job(**json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError, OSError):
                continue
            if job.kind in self.works and path.stem == job.id:
                found.append(job)
        return found
