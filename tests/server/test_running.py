"""A server that listens: clients that go away, a stop while it works, a long job beside short questions."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from gemel.data.sources.glyphs import draw_glyphs
from gemel.gallery import Gallery
from gemel.model import Model
from gemel.server import API, Settings, create_app
from tests.server.conftest import file, png, saved
from tests.server.test_jobs import zipped


@dataclass(frozen=True)
class Running:
    """A server on a thread, and its port."""

    server: uvicorn.Server
    thread: threading.Thread
    port: int

    def get(self, path: str) -> Any:
        """Return what a path answers."""
        return httpx.get(f"http://127.0.0.1:{self.port}{API}/{path}", timeout=120).json()

    def post(self, path: str, **given: Any) -> httpx.Response:
        """Send something."""
        return httpx.post(f"http://127.0.0.1:{self.port}{API}/{path}", timeout=120, **given)


@pytest.fixture
def running(gallery: Gallery, tiny_model: Model, tmp_path: Path) -> Iterator[Running]:
    app = create_app(tiny_model, gallery, Settings(jobs=tmp_path / "jobs"))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=60))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield Running(server, thread, listener.getsockname()[1])
        server.should_exit = True
        thread.join(120)
        assert not thread.is_alive()


@pytest.fixture
def scores(gallery: Gallery) -> dict[tuple[int, int], float]:
    """Return what the gallery answers without a server, by character and writer."""
    questions = [(character, writer) for character in range(3) for writer in range(2, 5)]
    return {question: gallery.identify(png(*question)).score for question in questions}


def test_clients_that_go_away_harm_nobody_else(
    scores: dict[tuple[int, int], float], running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    request = httpx.Request("POST", f"http://127.0.0.1{API}/identify", files=[file(5)])
    body = request.read()
    lines = [f"POST {API}/identify HTTP/1.1".encode(), *(b": ".join(each) for each in request.headers.raw)]
    whole = b"\r\n".join([*lines, b"", body])
    with ThreadPoolExecutor(6) as threads:
        answers = [threads.submit(running.post, "identify", files=[file(*question)]) for question in scores]
        for cut in (len(whole), len(whole) - len(body) // 2, len(whole) - len(body), 20) * 3:
            with socket.create_connection(("127.0.0.1", running.port)) as gone:
                gone.sendall(whole[:cut])
        told = [answer.result().json()["score"] for answer in answers]
    assert told == list(scores.values())
    assert len(set(told)) > 3
    assert running.get("health")["status"] in ("ok", "starting")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_stop_waits_for_what_was_asked(running: Running, gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go, enrol = threading.Semaphore(0), threading.Event(), gallery.enrol

    def slow(*args: Any, **kwargs: Any) -> Any:
        begun.release()
        assert go.wait(120)
        return enrol(*args, **kwargs)

    monkeypatch.setattr(gallery, "enrol", slow)
    with ThreadPoolExecutor(3) as threads:
        path = "classes/late/references"
        asked = [threads.submit(running.post, path, files=[file(4, writer)]) for writer in range(3)]
        assert all(begun.acquire(timeout=120) for _ in asked)
        running.server.should_exit = True
        time.sleep(0.3)
        assert running.thread.is_alive()
        go.set()
        assert [answer.result().status_code for answer in asked] == [201] * 3
    running.thread.join(120)
    assert not running.thread.is_alive()
    assert gallery.references("late").total == 3


def test_a_long_import_keeps_nobody_waiting(running: Running) -> None:
    pages = draw_glyphs(9, characters=15, writers=10, size=32, seed=1)
    drawings = {
        f"d{character}/{writer}.png": saved(page)
        for character, writers in enumerate(pages)
        for writer, page in enumerate(writers)
    }
    began, waits = time.perf_counter(), []
    job = running.post("jobs/import", files={"file": ("x.zip", zipped(drawings), "application/zip")}).json()
    while job["state"] in ("waiting", "running"):
        start = time.perf_counter()
        assert running.get("health")["version"]
        waits.append(time.perf_counter() - start)
        job = running.get(f"jobs/{job['id']}")
    assert (job["state"], job["result"]["references"]) == ("done", len(drawings))
    assert len(waits) > 3
    assert max(waits) < (time.perf_counter() - began) / 2  # an event loop that imports answers when it is done
