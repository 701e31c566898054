"""A saved model, and a copy of it to damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gemel.model import Model


@pytest.fixture(scope="module")
def saved(tiny_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "saved"
    tiny_model.save(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """Return a copy of the saved model, to damage."""
    return Path(shutil.copytree(saved, tmp_path / "model"))
