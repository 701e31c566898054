"""What a change costs in a large gallery, and what recognising among many classes does.

    python benchmarks/gallery_upkeep.py --out benchmarks/results/gallery_upkeep.json
    python benchmarks/gallery_upkeep.py --count 5000                       # some seconds

An SQLite file holds made-up references, seeded, ten a class, of an untrained model of 64 dimensions. Told are, medians
of some rounds: the first reading of all; an enrolment of one picture, its embedding and its warnings included; the call
after it, which reads one row; the call after a removal, which reads all numbers; an identification.

It prints the figures as JSON; ``--shared`` says in them that the machine had other work, which slows everything.
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
from sqlalchemy import insert

from gemel.assembly import assemble
from gemel.circumstances import circumstances
from gemel.data import Preprocessing
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.thresholds import operating_points
from gemel.files import write_json
from gemel.gallery import Gallery
from gemel.gallery.columns import now
from gemel.gallery.tables import ClassRow, EmbeddingRow, ReferenceRow
from gemel.model import Model
from gemel.randomness import numpy_generator
from gemel.recipes import Recipe

PER_CLASS, BATCH = 10, 10_000


def untrained(dimensions: int) -> Model:
    """Return a small model; what it embeds does not matter here."""
    encoder = {"name": "residual", "dimensions": dimensions, "widths": [8, 16], "stem_stride": 2}
    recipe = Recipe.of({"name": "untrained", "data": {"source": "glyphs"}, "encoder": encoder})
    learner = assemble(recipe, channels=1, classes=1).eval().requires_grad_(False)
    genuine, impostor = np.linspace(0.5, 1, 1001), np.linspace(-1, 0.6, 1001)
    points = operating_points(genuine, impostor)
    return Model(learner, Preprocessing(size=(28, 28)), Calibration.fit(genuine, impostor), points, recipe)


def fill(gallery: Gallery, count: int) -> None:
    """Add made-up references."""
    rng = numpy_generator(0, "gallery upkeep")
    with gallery.store.writing() as session:
        for first in range(1, count + 1, BATCH):
            numbers = range(first, min(first + BATCH, count + 1))
            values = rng.normal(size=(len(numbers), gallery.model.dimensions)).astype(np.float32)
            values /= np.linalg.norm(values, axis=1, keepdims=True)
            classes = sorted({1 + (number - 1) // PER_CLASS for number in numbers})
            session.execute(insert(ClassRow), [{"id": one, "label": f"class {one}"} for one in classes])
            told = {"source": "", "who": "", "enrolled": now(), "warnings": []}
            rows = [{"id": n, "class_id": 1 + (n - 1) // PER_CLASS, "sha256": f"{n:064x}", **told} for n in numbers]
            session.execute(insert(ReferenceRow), rows)
            pairs = zip(numbers, values, strict=True)
            session.execute(
                insert(EmbeddingRow), [{"model_id": 1, "reference_id": n, "embedding": v} for n, v in pairs]
            )


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measured(gallery: Gallery, rounds: int) -> dict[str, float]:
    """Return the figures in milliseconds."""
    rng = numpy_generator(1, "gallery upkeep")
    pictures = [rng.integers(0, 256, (28, 28)).astype(np.uint8) for _ in range(rounds + 1)]
    times: dict[str, list[float]] = {"first_reading": [seconds(gallery.held)]}
    gallery.search(pictures[0])  # makes the index
    for number, picture in enumerate(pictures):
        works: dict[str, Callable[[], object]] = {
            "enrolment": lambda picture=picture: gallery.enrol("new", picture),  # type: ignore[misc]
            "after_an_enrolment": gallery.held,
            "identification": lambda picture=picture: gallery.identify(picture),  # type: ignore[misc]
            "removal": lambda number=number: gallery.remove_references([PER_CLASS * number + 1]),  # type: ignore[misc]
            "after_a_removal": gallery.held,
        }
        for name, work in works.items():
            taken = seconds(work)
            if number:
                times.setdefault(name, []).append(taken)
    return {f"{name}_ms": 1e3 * statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--shared", action="store_true", help="say that the machine had other work")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with (
        tempfile.TemporaryDirectory() as folder,
        Gallery(Path(folder, "g.db"), untrained(chosen.dimensions)) as gallery,
    ):
        fill(gallery, chosen.count)
        figures: dict[str, Any] = measured(gallery, chosen.rounds)
    told = {"references": chosen.count, "dimensions": chosen.dimensions, "threads": chosen.threads}
    result = {**circumstances(), "shared_with_other_work": chosen.shared, **told, "rounds": chosen.rounds, **figures}
    print(json.dumps(result, indent=2))
    if chosen.out:
        write_json(chosen.out, result)


if __name__ == "__main__":
    main()
