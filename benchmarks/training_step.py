"""The training step against its limit: the bare encoder's forward and backward pass on the same batch, in one run.

    python benchmarks/training_step.py --recipe characters --out benchmarks/results/training_step.json

A step fetches, augments and normalises a batch, and computes loss, gradients, clipping, optimiser and moving average;
the limit is the encoder alone on a batch that lies ready. The two run in turn, and the ratio of the medians is told.
The data are generated (glyphs), so that nothing need be at hand.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gemel.circumstances import circumstances
from gemel.recipes import recipe_for
from gemel.training.device import lowered
from gemel.training.progress import Silent
from gemel.training.trainer import Trainer
from gemel.workflows.preparing import prepare
from gemel.workflows.training import trainer_for

DATA = [
    "data.source=glyphs",
    "data.options={alphabets: 40, characters: 30, writers: 10, size: 64}",
    "data.validation=0.1",
    "data.test=0",
]


def bare(trainer: Trainer) -> Callable[[], None]:
    """Return the encoder's forward and backward pass on the first batch."""
    items = torch.cat(trainer.feed.batch(0).parts())
    encoder = trainer.learner.encoder
    assert isinstance(encoder, torch.nn.Module)

    def run() -> None:
        encoder.zero_grad(set_to_none=True)
        with lowered(trainer.device, trainer.settings.precision):
            embeddings = encoder(items)
        embeddings.float().square().mean().backward()

    return run


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="characters")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    recipe = recipe_for(chosen.recipe, [*DATA, f"training.threads={chosen.threads}"])
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_for(recipe, prepare(recipe), Path(folder), Silent())
        limit = bare(trainer)
        for _ in range(5):
            trainer.advance()
            limit()
        rounds = [(seconds(limit), seconds(trainer.advance)) for _ in range(chosen.rounds)]
    encoder, step = (statistics.median(column) for column in zip(*rounds, strict=True))
    result = {
        **circumstances(),
        "recipe": chosen.recipe,
        "threads": chosen.threads,
        "rounds": chosen.rounds,
        "encoder_ms": encoder * 1e3,
        "step_ms": step * 1e3,
        "ratio": encoder / step,
    }
    text = json.dumps(result, indent=2)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
