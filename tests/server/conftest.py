"""A server over a small gallery, asked in process."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from gemel.data.sources.glyphs import draw_glyphs
from gemel.gallery import Gallery
from gemel.model import Model
from gemel.server import Settings, create_app

LOCAL = {"base_url": "http://127.0.0.1:8000", "client": ("127.0.0.1", 50000)}

DRAWINGS = draw_glyphs(7, characters=6, writers=6, size=32, seed=5)  # (6, 6, 32, 32)


def png(character: int, writer: int = 0) -> bytes:
    """Return a drawing's file."""
    return saved(DRAWINGS[character, writer])


def saved(pixels: np.ndarray) -> bytes:
    """Return grey pixels (H, W) as a PNG file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def file(character: int, writer: int = 0, field: str = "file") -> tuple[str, tuple[str, bytes, str]]:
    """Return a drawing as a form has it."""
    return field, (f"c{character}w{writer}.png", png(character, writer), "image/png")


@pytest.fixture
def gallery(tmp_path: Path, tiny_model: Model) -> Iterator[Gallery]:
    """Return a gallery of three classes, c0, c1 and c2, with two drawings each."""
    with Gallery(tmp_path / "parts.db", tiny_model, originals=True) as opened:
        for character in range(3):
            opened.enrol(f"c{character}", [png(character, writer) for writer in range(2)])
        yield opened


@pytest.fixture
def serve(tiny_model: Model, gallery: Gallery) -> Iterator[Callable[..., TestClient]]:
    """Return a function that starts a server over the gallery: settings -> a client."""
    clients: list[TestClient] = []

    def started(**settings: Any) -> TestClient:
        client = TestClient(create_app(tiny_model, gallery, Settings(**settings)), **LOCAL)  # type: ignore[arg-type]
        clients.append(client.__enter__())
        return client

    yield started
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve: Callable[..., TestClient]) -> TestClient:
    """Return a client of a server without keys, on this machine."""
    return serve()


@pytest.fixture
def other_run(tmp_path: Path, tiny_model: Model) -> Path:
    """Return the folder of another model of the same kind."""
    learner = copy.deepcopy(tiny_model.learner)
    learner.encoder.head.bias += 0.01  # type: ignore[operator]
    replace(tiny_model, learner=learner, facts={}).save(tmp_path / "other")
    return tmp_path / "other"
