"""How long the steps around training take: decoding, opening the store, generating glyphs, evaluating episodes.

    python benchmarks/speed.py --out benchmarks/results/speed.json

Omniglot is looked up under GEMEL_DATA. Each figure is the median of the rounds, on a machine that should have nothing
else to do; the limits that the project sets itself stand beside them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gemel.circumstances import circumstances
from gemel.data import Preprocessing, decode_all, open_source
from gemel.data.sources.glyphs import draw_glyphs
from gemel.evaluation import episode_accuracy
from gemel.files import write_json
from gemel.similarity import Cosine


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median time of some rounds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def decoding(rounds: int) -> dict[str, Any]:
    """Return the seconds to decode Omniglot's zip into a fresh store, and to open that store again."""
    figures = {}
    for size in (64, 105):
        preprocessing = Preprocessing(size=(size, size), channels=1, background="dark", fit="pad")

        def decode(preprocessing: Preprocessing = preprocessing) -> None:
            with tempfile.TemporaryDirectory() as cache:
                decode_all(open_source("omniglot"), preprocessing, cache=Path(cache))

        figures[f"omniglot_zip_to_store_{size}px_seconds"] = seconds(decode, rounds)
        with tempfile.TemporaryDirectory() as cache:
            decode_all(open_source("omniglot"), preprocessing, cache=Path(cache))
            again = seconds(lambda: decode_all(open_source("omniglot"), preprocessing, cache=Path(cache)), rounds)  # noqa: B023
        figures[f"omniglot_from_store_{size}px_seconds"] = again
    return figures


def glyphs(rounds: int) -> dict[str, Any]:
    """Return the drawings a second of one core."""
    torch.set_num_threads(1)
    taken = seconds(lambda: draw_glyphs(3, characters=30, writers=20, size=64, seed=1), rounds)
    return {"glyphs_per_second_one_core": 30 * 20 / taken}


def episodes(rounds: int) -> dict[str, Any]:
    """Return the seconds of 10,000 5-way 1-shot episodes with 15 queries a class, from embeddings."""
    torch.set_num_threads(2)
    embeddings = torch.randn(13_180, 64, generator=torch.Generator().manual_seed(0))
    labels = np.repeat(np.arange(659), 20)
    taken = seconds(lambda: episode_accuracy(embeddings, labels, Cosine(), episodes=10_000), rounds)
    return {"ten_thousand_episodes_64d_seconds": taken}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    limits = {"omniglot_zip_to_store": 10, "omniglot_from_store": 0.5, "glyphs_per_second": 2000, "episodes": "about 1"}
    figures = {**decoding(chosen.rounds), **glyphs(chosen.rounds), **episodes(chosen.rounds)}
    result = {**circumstances(), "rounds": chosen.rounds, "figures": figures, "goals": limits}
    print(json.dumps(result, indent=2))
    if chosen.out:
        write_json(chosen.out, result)


if __name__ == "__main__":
    main()
