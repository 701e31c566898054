"""Verification of Fashion-MNIST's test part: clothes of kinds that were trained on, and of kinds that never were.

gemel train fashion_mnist --out runs/fashion
python examples/fashion_mnist.py runs/fashion
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from gemel import load
from gemel.data import Dataset
from gemel.evaluation import random_pairs, verification
from gemel.evaluation.verification import VerificationResult
from gemel.model import Model
from gemel.workflows.evaluating import embedded, unseen

PAIRS = 40_000


def kinds(model: Model, part: str) -> set[str]:
    """Return the kinds of clothing in a part of the model's split: {"dress", "sneaker", ...}."""
    return {name.rpartition("/")[2] for name in model.facts["split"][part]}


def measured(model: Model, test: Dataset, seed: int) -> dict[str, VerificationResult]:
    """Return the figures of pairs within the kinds trained on, and of pairs with a kind that was in no part before."""
    labels, items = test.labels, embedded(model, test)
    pairs = random_pairs(labels, PAIRS, seed)
    with torch.inference_mode():
        scores = model.similarity(items.embeddings[pairs.left], items.embeddings[pairs.right]).numpy()
    names = np.array([name.rpartition("/")[2] for name in test.classes])
    trained = np.isin(names, list(kinds(model, "train")))
    new = ~trained & ~np.isin(names, list(kinds(model, "validation")))
    left, right = labels[pairs.left.numpy()], labels[pairs.right.numpy()]
    chosen = {"kinds trained on": trained[left] & trained[right], "kinds never seen": new[left] | new[right]}
    same = pairs.same.numpy()
    return {
        name: verification(scores[those], same[those], left[those], right[those], model.threshold, seed)
        for name, those in chosen.items()
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("--seed", type=int, default=0, help="of the pairs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    model = load(arguments.run)
    results = measured(model, unseen(model), arguments.seed)
    if arguments.json:
        print(json.dumps({name: result.to_json() for name, result in results.items()}))
    else:
        print("\n".join(f"{name}: {result}" for name, result in results.items()))


if __name__ == "__main__":
    main()
