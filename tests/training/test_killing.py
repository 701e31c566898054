"""Kill -9 at any moment: the run folder stays readable, and resuming gives the uninterrupted run's weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import gemel
from gemel.errors import ModelError
from gemel.files import sha256
from gemel.loading import load
from gemel.randomness import numpy_generator
from gemel.recipes import Recipe
from gemel.training.checkpoint import Checkpoint

RECIPE = """
data: {source: glyphs, options: {alphabets: 3, characters: 6, writers: 5, size: 20}}
preprocessing: {size: 20, channels: 1}
augmentation: {rotate: 10}
encoder: {name: residual, dimensions: 12, widths: [6, 12], stem_stride: 2}
sampler: {name: items, batch_size: 16}
training: {steps: 120, validate_every: 25, device: cpu, threads: 1}
validation: {ways: 4, queries: 2, episodes: 20}
"""

#: Trains with a checkpoint after every step, so that a kill often meets one half written.
PROGRAM = """
import sys, gemel
from gemel.training import trainer
trainer.CHECKPOINT_SECONDS = 0
gemel.train(sys.argv[1], sys.argv[2], resume=sys.argv[3] == "resume")
"""


def started(recipe: Path, run: Path) -> subprocess.Popen[bytes]:
    how = "resume" if (run / "recipe.yaml").exists() else "begin"
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, recipe, run, how], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


def written(run: Path) -> dict[Path, int]:
    """Return when each file of the run folder was last written."""
    return {path: path.stat().st_mtime_ns for path in (run / "recipe.yaml", run / "checkpoint.pt") if path.exists()}


def killed_after(recipe: Path, run: Path, writes: int, seconds: float) -> None:
    """Begin or go on, and kill the process so long after so many writes into the run folder."""
    with started(recipe, run) as process:
        for _ in range(writes):
            before = written(run)
            while written(run) == before and process.poll() is None:
                time.sleep(0.0005)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)


def check_readable(run: Path) -> int:
    """Check that all there is can be read; return the step reached."""
    Recipe.read(run / "recipe.yaml")
    with pytest.raises(ModelError, match=r"holds no model.json: its training has not finished; .* --resume\.$"):
        load(run)
    return Checkpoint.read(run).step


@pytest.mark.slow
def test_five_kills_at_random_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMEL_CACHE", str(tmp_path / "cache"))
    torch.set_num_threads(1)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE)
    gemel.train(recipe, tmp_path / "whole")

    generator, reached = numpy_generator(0, "moments"), [0]
    for most in (2, 4, 20, 20, 20):
        writes = int(generator.integers(1, most))
        killed_after(recipe, tmp_path / "killed", writes, float(generator.uniform(0, 0.02)))
        if (tmp_path / "killed" / "checkpoint.pt").exists():
            reached.append(check_readable(tmp_path / "killed"))
    assert reached == sorted(reached)
    assert 0 < reached[-1] < 120

    resumed = gemel.train(recipe, tmp_path / "killed", resume=True)
    assert sha256(tmp_path / "killed" / "model.safetensors") == sha256(tmp_path / "whole" / "model.safetensors")
    assert resumed.thresholds == load(tmp_path / "whole").thresholds
    names = {path.name for path in (tmp_path / "killed").iterdir()}
    assert names == {path.name for path in (tmp_path / "whole").iterdir()}
