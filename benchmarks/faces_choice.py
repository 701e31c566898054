"""How the settings of the recipe faces were chosen: cross-validation among the training and validation people alone.

    GEMEL_DATA=data python benchmarks/faces_choice.py --out benchmarks/results/faces_choice.json

The people of both parts of a seed's split are dealt into folds; each fold is told apart by what was learnt on the
others, over all pairs of its pictures. The test people are not looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gemel.assembly import assemble
from gemel.circumstances import circumstances
from gemel.embedding import embed_dataset
from gemel.evaluation.pairs import Pairs, pair_scores
from gemel.evaluation.roc import equal_error_rate, roc
from gemel.files import write_json
from gemel.learners import EmbeddingLearner
from gemel.randomness import numpy_generator
from gemel.recipes import Recipe, recipe_for
from gemel.workflows.preparing import Prepared, prepare
from gemel.workflows.training import settle

UNWHITENED = ("learner={name: siamese}", "loss=contrastive")

#: What is tried, as changes to the recipe.
SETTINGS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "without the mirror image": ("validation.mirror=false",),
    "without whitening": UNWHITENED,
    "pixels alone": (*UNWHITENED, "encoder={name: pixels}", "preprocessing.size=[56, 46]"),
    "half the resolution": ("preprocessing.size=[56, 46]", "encoder={name: orientations, cell: 6}"),
}


def folds_of(prepared: Prepared, count: int, seed: int) -> Iterator[Prepared]:
    """Give the data with each fold of the training and validation people as validation people, in turn."""
    people = np.array(prepared.split.train + prepared.split.validation)
    for fold in np.array_split(numpy_generator(seed, "folds").permutation(people), count):
        rest = tuple(np.setdiff1d(people, fold).tolist())
        yield replace(prepared, split=replace(prepared.split, train=rest, validation=tuple(sorted(fold.tolist()))))


def error(recipe: Recipe, fold: Prepared) -> float:
    """Return the equal error rate over all pairs of a fold's pictures, after learning from the other people."""
    learner = assemble(recipe, fold.preprocessing.channels, len(fold.train.classes)).eval()
    assert isinstance(learner, EmbeddingLearner)
    with torch.no_grad():
        settle(learner, recipe, fold)
        held = fold.validation
        embeddings = embed_dataset(learner, fold.preprocessing, held, *recipe.validation.seen)
        left, right = torch.triu_indices(len(held), len(held), 1)
        labels = torch.from_numpy(held.labels)
        pairs = Pairs(left, right, (labels[left] == labels[right]).float())
        scores = pair_scores(embeddings, learner.similarity, pairs)
    return equal_error_rate(roc(scores.numpy(), pairs.same.numpy()))


def tried(changes: tuple[str, ...], seed: int, folds: int) -> float:
    """Return the mean equal error rate over the folds of a seed's split."""
    recipe = recipe_for("faces", [*changes, f"training.seed={seed}"])
    return float(np.mean([error(recipe, fold) for fold in folds_of(prepare(recipe), folds, seed)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows: dict[str, Any] = {}
    for name, changes in SETTINGS.items():
        rows[name] = {"changes": changes, "eer": [round(tried(changes, seed, given.folds), 4) for seed in given.seeds]}
        print(f"{name}: {', '.join(f'{eer:.1%}' for eer in rows[name]['eer'])}", file=sys.stderr)
    told = {**circumstances(), "seeds": given.seeds, "folds": given.folds, "mean equal error rate": rows}
    print(json.dumps(told, indent=2))
    if given.out:
        write_json(given.out, told)


if __name__ == "__main__":
    main()
