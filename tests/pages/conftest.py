"""A studio over a gallery in memory, and a visitor who needs no browser."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

import gemel
from gemel.data.sources.glyphs import draw_glyphs
from gemel.gallery import Gallery
from gemel.model import Model
from gemel.pages.desk import Studio
from gemel.pages.shell import build
from gemel.server.access import Access
from gemel.server.settings import Settings

Visit = Callable[[Callable[[User], Awaitable[None]]], None]


@pytest.fixture(scope="session")
def drawings() -> np.ndarray:
    """Return drawings of four made-up characters by four writers: uint8 (4, 4, 64, 64)."""
    return draw_glyphs(3, 4, writers=4, size=64)


@pytest.fixture
def gallery(tiny_model: Model) -> Iterator[Gallery]:
    """Return an empty gallery in memory."""
    with gemel.Gallery("sqlite://", tiny_model) as made:
        yield made


@pytest.fixture
def studio(gallery: Gallery, tiny_model: Model, tmp_path: Path) -> Studio:
    """Return a studio over the gallery, whose characters are the tiny model's."""
    made = Studio(gallery, tmp_path / "runs", Access(gallery.keys), Settings())
    made._characters = tiny_model
    return made


@pytest.fixture
def visit(studio: Studio) -> Visit:
    """Return what lets a visitor, simulated, do something with the studio's page."""

    def visiting(act: Callable[[User], Awaitable[None]]) -> None:
        async def run() -> None:
            gc.collect()
            gc.freeze()  # what is there already is left out when garbage is looked for, thrice a simulation
            async with user_simulation(root=partial(build, studio)) as user:
                user.http_client.base_url = "http://127.0.0.1"  # this machine needs no key
                await act(user)

        try:
            asyncio.run(run())
        finally:
            gc.unfreeze()

    return visiting
