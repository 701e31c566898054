"""A model, a gallery and an address -> a service, until it is ended."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import torch
import uvicorn
from fastapi import FastAPI

from gemel.data.cache import cache_folder
from gemel.errors import DataError
from gemel.gallery import Gallery
from gemel.gallery.database import identity
from gemel.loading import load
from gemel.model import Model
from gemel.server.app import create_app
from gemel.server.settings import Settings

#: Seconds that requests have to end in, once the server is told to stop.
GRACE = 30

#: Processes that embed, where nobody says how many: each holds the model, and PyTorch.
MOST_PROCESSES = 4


def serve(
    run: str | Path,
    address: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    mount: Callable[[FastAPI, Model, Gallery], None] | None = None,
    originals: bool = False,
    jobs: Path | None = None,
    attempts: bool = True,
    rate: float = 0.0,
    processes: int | None = None,
    tell: Callable[[str], None] = lambda where: None,
) -> None:
    """Serve until interrupted or terminated; requests that are being worked on are answered first.

    Args:
        run: a run folder or a packaged model.
        address: the gallery's.
        host, port: where to listen; port 0 is any that is free.
        mount: puts the page into the app.
        originals: whether pictures are kept as they came.
        jobs: the folder of jobs; by default in the cache, named after the gallery.
        attempts: whether questions are kept to be looked through.
        rate: requests a second for each key.
        processes: that embed; by default as many as PyTorch has threads, at most four. Processes of a thread each never
            wait for one another, as the threads of one process do.
        tell: told the server's address once it listens.

    Raises:
        DataError: the address cannot be listened on.
        GemelError: it would be open to other machines without a key.
    """
    model = load(run)
    with Gallery(address, model, originals=originals) as gallery, closing(listening(host, port)) as listener:
        known = {"characters": "characters", Path(run).name: str(run)}
        folder = jobs or jobs_folder(address)
        embed = min(MOST_PROCESSES, torch.get_num_threads()) if processes is None else processes
        settings = Settings(host=host, rate=rate, processes=embed, attempts=attempts, jobs=folder, models=known)
        app = create_app(model, gallery, settings)
        if mount is not None:
            mount(app, gallery.model, gallery)
        tell(f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE
        )
        uvicorn.Server(config).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        DataError: it cannot, since another program has the port, say.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise DataError(
            f"{host}:{port} cannot be listened on ({error.strerror or error}); choose another --port."
        ) from error


def jobs_folder(address: str) -> Path:
    """Return the folder for the jobs of a gallery."""
    return cache_folder() / "jobs" / hashlib.sha256(identity(address).encode()).hexdigest()[:16]
