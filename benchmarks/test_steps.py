"""How many steps a network that adapts should take before it answers, asked of the validation classes.

    python benchmarks/test_steps.py runs/anil runs/maml --steps 1 3 5 10 20 --out benchmarks/results/test_steps.json

The runs' test classes are not looked at. Every number of steps is asked the same episodes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gemel.circumstances import circumstances
from gemel.embedding import embed_dataset
from gemel.evaluation import episode_accuracy
from gemel.files import write_json
from gemel.learners import Adaptive
from gemel.loading import load
from gemel.workflows.preparing import prepare


def by_steps(run: str, steps: list[int], episodes: int, seed: int) -> dict[str, Any]:
    """Return a run's accuracy on its validation classes by the steps that it takes before it answers."""
    model = load(run)
    learner, validation = model.learner, prepare(model.recipe).validation
    if not isinstance(learner, Adaptive):
        raise SystemExit(f"error: {run} does not adapt; runs of MAML and its kin are expected.")
    items = embed_dataset(learner, model.preprocessing, validation)
    told = dict[str, Any]()
    for count in steps:
        learner.test_steps = count
        result = episode_accuracy(
            items, validation.labels, learner, learner.ways, 1, queries=5, episodes=episodes, seed=seed
        )
        told[str(count)] = result.accuracy.to_json()
        print(f"{run}, {count} steps: {result.accuracy}", file=sys.stderr)
    return {"run": run, "weights": model.fingerprint[:12], "learnt with": model.recipe.learner, "accuracy": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 3, 5, 10, 20])
    parser.add_argument("--episodes", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = [by_steps(run, given.steps, given.episodes, given.seed) for run in given.runs]
    told = {**circumstances(), "episodes": given.episodes, "queries": 5, "seed": given.seed, "runs": rows}
    print(json.dumps(told, indent=2))
    if given.out:
        write_json(given.out, told)


if __name__ == "__main__":
    main()
