"""Which of six kinds of defect shows a tile never seen, from five pictures of each on other tiles?

    python benchmarks/magnetic_tile.py --runs runs/magnetic_tile --out benchmarks/results/magnetic_tile.json

The recipe magnetic_tile is trained into RUNS/trained, and without a step into RUNS/untrained, where they are not there.
Both answer the same episodes of the test tiles, 6-way 5-shot. No tile is in both the support and the queries of an
episode. A tile or two were photographed twice, long after one another, which their names do not tell: test tiles of
which the data doctor finds a near copy among the other pictures are left out. Beside them stand episodes that keep
pictures apart and not tiles: how much exposures of one tile flatter.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

import gemel
from gemel.circumstances import circumstances
from gemel.data import Dataset, open_source
from gemel.data.doctor.survey import survey
from gemel.errors import ModelError
from gemel.evaluation import mean_rate, sample_episodes
from gemel.evaluation.episodes import accuracies
from gemel.evaluation.intervals import mean_difference
from gemel.loading import load
from gemel.model import Model
from gemel.training.progress import Bar
from gemel.workflows.evaluating import Embedded, embedded, unseen

RUNS = {"untrained": ("training.steps=0",), "trained": ()}
WAYS, SHOTS, QUERIES = 6, 5, 2


def run_of(folder: Path, overrides: tuple[str, ...]) -> Model:
    """Return a run's model, trained first where it is not there."""
    try:
        return load(folder)
    except ModelError:
        from gemel.cli.console import stderr

        return gemel.train("magnetic_tile", folder, ["training.threads=1", *overrides], reporter=Bar(stderr))


def tested(model: Model) -> Dataset:
    """Return the test pictures, without the tiles of which a near copy is in training or validation."""
    test = unseen(model)
    assert test.item_groups is not None
    group_of = dict(zip(test.names, test.item_groups, strict=True))
    looked = survey(open_source("magnetic_tile"))
    pairs = [looked.names(pair) for pair in looked.near]
    crossing = [pair for pair in pairs if not group_of.keys() >= set(pair)]
    copied = {group_of[name] for pair in crossing for name in pair if name in group_of}
    return test.take(np.flatnonzero(~np.isin(test.item_groups, list(copied))))


def rates_of(model: Model, items: Embedded, things: np.ndarray | None, chosen: argparse.Namespace) -> np.ndarray:
    """Return the accuracy of each episode; with ``things``, support and queries show different ones: (E,)."""
    labels = items.dataset.labels
    drawn = sample_episodes(labels, WAYS, SHOTS, QUERIES, chosen.episodes, chosen.seed, item_groups=things)
    with torch.no_grad():
        return accuracies(items.embeddings, model.learner, *drawn)


def compared(
    models: dict[str, Model], items: dict[str, Embedded], things: str, chosen: argparse.Namespace
) -> list[dict[str, Any]]:
    """Return a row a model, and one of their difference on the same episodes."""
    rates = {}
    for name, model in models.items():
        groups = items[name].dataset.item_groups if things == "tiles" else None
        rates[name] = rates_of(model, items[name], groups, chosen)
    rows = {name: mean_rate(row) for name, row in rates.items()}
    rows["trained - untrained"] = mean_difference(rates["trained"], rates["untrained"])
    return [
        {"model": name, "disjoint": things, "accuracy": row.value, "ci95": list(row.ci95)} for name, row in rows.items()
    ]


def counts(model: Model, test: Dataset) -> dict[str, Any]:
    """Return how many pictures are in each part, and how many are tested, of how many tiles of each class."""
    assert test.item_groups is not None
    tiles = {
        name: len(set(test.item_groups[members])) for name, members in zip(test.classes, test.by_class, strict=True)
    }
    return {
        "pictures": {part: len(names) for part, names in model.facts["items"].items()},
        "test_pictures": len(test),
        "test_tiles": len(set(test.item_groups)),
        "test_tiles_by_class": tiles,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/magnetic_tile"))
    parser.add_argument("--episodes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="of the episodes")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    models = {name: run_of(chosen.runs / name, overrides) for name, overrides in RUNS.items()}
    test = tested(models["trained"])
    items = {name: embedded(model, test) for name, model in models.items()}
    document = {
        **circumstances(),
        "data": "magnetic_tile: a subset of Huang et al.'s surface defects, 388 pictures, 6 classes",
        "protocol": {
            "ways": WAYS,
            "shots": SHOTS,
            "queries": QUERIES,
            "episodes": chosen.episodes,
            "seed": chosen.seed,
        },
        **counts(models["trained"], test),
        "recipe": "gemel/recipes/magnetic_tile.yaml",
        "training": {name: model.facts["training"] for name, model in models.items()},
        "weights_sha256": {name: model.fingerprint for name, model in models.items()},
        "rows": [row for things in ("tiles", "pictures") for row in compared(models, items, things, chosen)],
    }
    text = json.dumps(document, indent=1)
    if chosen.out is not None:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
