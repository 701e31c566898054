"""What commands that serve share: the page, its port, and the browser that shows it."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from gemel.cli.console import stderr
from gemel.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from gemel.gallery import Gallery
    from gemel.model import Model


@contextmanager
def serve_extra() -> Iterator[None]:
    """Tell how to get what serving needs, where an import within fails."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"Serving needs more packages ({error}): pip install 'gemel[serve]'.") from error


def page(runs: Path) -> Callable[[FastAPI, Model, Gallery], None]:
    """Return what mounts the page."""
    from gemel.pages import mount

    return partial(mount, runs=runs)


def free(port: int) -> int:
    """Return the port, or 0, which is any, where another program has it."""
    from gemel.server.serving import listening

    try:
        listening("127.0.0.1", port).close()
    except DataError:
        stderr.print(f"Port {port} is taken; another one is chosen.")
        return 0
    return port


def open_browser(address: str) -> None:
    """Show an address in the browser, where there is a screen; a browser that blocks keeps nobody waiting."""

    def show() -> None:
        with suppress(webbrowser.Error, OSError):
            webbrowser.open(address)

    if sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        Thread(target=show, daemon=True).start()
