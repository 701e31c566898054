"""What tests of several rooms start from: a tiny recipe, a tiny model, a folder of made-up characters."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from PIL import Image

from gemel.assembly import assemble
from gemel.data import Preprocessing
from gemel.data.sources.glyphs import Glyphs
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.thresholds import operating_points
from gemel.model import Model
from gemel.recipes import Recipe

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("gemel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gemel")

# Tests compute little at a time: a second thread costs them more than it gives, above all beside other processes.
torch.set_num_threads(1)

TINY = {
    "name": "tiny",
    "data": {"source": "glyphs", "options": {"alphabets": 6, "characters": 6, "writers": 6, "size": 32}},
    "preprocessing": {"size": 28, "channels": 1, "background": "dark"},
    "encoder": {"name": "residual", "dimensions": 16, "widths": [8, 16], "stem_stride": 2},
    "sampler": {"name": "items", "batch_size": 16},
    "training": {"steps": 20, "validate_every": 10, "precision": "float32", "device": "cpu", "threads": 1},
    "validation": {"ways": 4, "queries": 2, "episodes": 20},
}


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    """Return a recipe whose training takes a second or two."""
    return Recipe.of(TINY)


@pytest.fixture(scope="session")
def tiny_model(tiny_recipe: Recipe) -> Model:
    """Return an untrained model that takes near copies, of score 0.9 or more, as the same; not to be changed.

    It is centred on a made-up alphabet, since the embeddings of an untrained encoder all point one way.
    """
    learner = assemble(tiny_recipe, channels=1, classes=1).eval().requires_grad_(False)
    preprocessing = Preprocessing(size=(28, 28), background="dark")
    drawings = Glyphs(alphabets=1, characters=6, writers=6, size=32, seed=9).pixels()
    items = torch.from_numpy(np.stack([preprocessing.pixels(Image.fromarray(drawing)) for drawing in drawings]))
    learner.encoder.head.bias -= learner.encode(preprocessing.normalise(items)).mean(0)
    genuine, impostor = np.linspace(0.9, 1, 101), np.linspace(-1, 0.9, 381)
    thresholds = operating_points(genuine, impostor)
    return Model(learner, preprocessing, Calibration.fit(genuine, impostor), thresholds, tiny_recipe)


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Return what gives a path under GEMEL_DATA, or skips the test where it is not there."""

    def found(path: str) -> Path:
        whole = Path(os.environ.get("GEMEL_DATA", ""), path)
        if not os.environ.get("GEMEL_DATA") or not whole.exists():
            pytest.skip(f"{path} is not under GEMEL_DATA")
        return whole

    return found


@pytest.fixture
def glyph_folder(tmp_path: Path) -> Path:
    """Return a folder of 2 groups x 6 classes x 6 drawings: ``alphabet00/character00/writer00.png`` and so on."""
    source = Glyphs(alphabets=2, characters=6, writers=6, size=32)
    folder = tmp_path / "glyphs"
    for index, name in enumerate(source.listing.names):
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        source.image(index).save(path)
    return folder
