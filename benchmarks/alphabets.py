"""Models trained on Omniglot's background alphabets (or on none), measured on its evaluation alphabets.

    python benchmarks/alphabets.py runs/characters runs/contrastive --out benchmarks/results/alphabets.json

Omniglot and its 20 runs are looked up under GEMEL_DATA. For each run: the error on the 20 official one-shot runs;
20-way one-shot within one evaluation alphabet, characters and drawers at random, 1,000 episodes (and the same where
all of an episode's examples are by one drawer and all its queries by another, as in the official runs); and
verification of 20,000 balanced random pairs of evaluation drawings, and of as many whose different pairs stay within
an alphabet, at the threshold that the validation classes froze.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from gemel.circumstances import circumstances
from gemel.data import Dataset, decode_all, open_source
from gemel.evaluation import episode_accuracy
from gemel.files import sha256, write_json
from gemel.loading import load
from gemel.model import Model
from gemel.workflows.evaluating import (
    Embedded,
    Plan,
    embedded,
    evaluate_episodes,
    evaluate_one_shot_runs,
    evaluate_verification,
    pixels_only,
)


def evaluation_alphabets(model: Model) -> Dataset:
    """Return the drawings of the 20 evaluation alphabets, as the model wants them."""
    dataset = decode_all(open_source("omniglot"), pixels_only(model))
    return dataset.select([name for name in dataset.classes if name.startswith("images_evaluation/")])


def one_drawer(model: Model, items: Embedded) -> dict[str, Any]:
    """Return the 20-way one-shot accuracy where an episode's examples are by one drawer, its queries by another."""
    drawers = np.array([int(Path(name).stem.rpartition("_")[2]) for name in items.dataset.names])  # 0394_01: drawer 1
    return episode_accuracy(
        items.embeddings, items.dataset.labels, model.learner, 20, 1, 1, groups=items.groups, item_writers=drawers
    ).to_json()


def measured(run: Path) -> dict[str, Any]:
    """Return a run's figures."""
    model = load(run)
    items = embedded(model, evaluation_alphabets(model))
    training = model.facts["training"]
    return {
        "run": run.name,
        "recipe": model.recipe.model_dump(mode="json"),
        "seed": model.recipe.training.seed,
        "parameters": sum(value.numel() for value in model.learner.encoder.parameters()),
        "weights_bytes": (run / "model.safetensors").stat().st_size,
        "weights_sha256": sha256(run / "model.safetensors"),
        "training": training,
        "one_shot_runs": evaluate_one_shot_runs(model).to_json(),
        "within_alphabet_20_way": evaluate_episodes(
            model, items, Plan(ways=20, shots=1, queries=1, within_group=True)
        ).to_json(),
        "within_alphabet_20_way_one_drawer": one_drawer(model, items),
        "verification": evaluate_verification(model, items, Plan()).to_json(),
        "verification_within_alphabet": evaluate_verification(model, items, Plan(within_group=True)).to_json(),
    }


def row(figures: dict[str, Any]) -> str:
    """Return a run's line of the table, in per cent."""
    runs, within = figures["one_shot_runs"], figures["within_alphabet_20_way"]["accuracy"]
    pairs, hard = figures["verification"], figures["verification_within_alphabet"]
    cells = [
        figures["run"],
        f"{runs['error']:.2%} ({runs['errors']} of {runs['trials']})",
        f"{1 - within['value']:.2%} ({1 - within['ci95'][1]:.2%} to {1 - within['ci95'][0]:.2%})",
        f"{pairs['accuracy']['value']:.2%}",
        f"{pairs['eer']['value']:.2%}",
        f"{hard['eer']['value']:.2%}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    print("| run | official runs, error | 20-way within an alphabet, error | accuracy | EER | EER within an alphabet |")
    print("|---|---|---|---|---|---|")
    models = []
    for run in chosen.runs:
        models.append(measured(run))
        print(row(models[-1]), flush=True)
    if chosen.out:
        former = json.loads(chosen.out.read_text())["models"] if chosen.out.is_file() else []
        kept = [model for model in former if model["run"] not in {figures["run"] for figures in models}]
        write_json(chosen.out, {**circumstances(), "data": "Omniglot, images_evaluation", "models": kept + models})


if __name__ == "__main__":
    main()
