"""What a finished run shows: its figures, its pictures, its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gemel.data import Dataset, decode_all, open_source
from gemel.errors import ModelError
from gemel.files import write_json, write_text
from gemel.model import Model
from gemel.training.progress import Record
from gemel.workflows.card import card
from gemel.workflows.evaluating import Plan, embedded, evaluate_episodes, evaluate_verification, part_of, pixels_only
from gemel.workflows.picturing import picture


def report(model: Model, run: Path) -> dict[str, Path]:
    """Measure a model on its test classes, and write ``results.json``, the pictures and the card into its run folder.

    Where the split kept no test classes, the validation classes stand in, and the report says so.

    Returns:
        The pictures' paths by name.

    Raises:
        ModelError: the run is a packaged model, whose folder is not the user's to write.
    """
    if not run.is_dir():
        raise ModelError(f"{run} is no run folder; pictures are drawn for a run of your own.")
    part, dataset = shown(model)
    results = figures(model, dataset, part)
    write_json(run / "results.json", results)
    pictures = picture(model, dataset, f"{part} classes", run / "pictures", history_of(run))
    write_text(run / "README.md", card(model, results))
    return pictures


def shown(model: Model) -> tuple[str, Dataset]:
    """Return the classes to report on: ("test", data) or, where there are none, ("validation", data)."""
    source = open_source(model.facts["data"]["source"], **model.recipe.data.options)
    part = "test" if model.facts["split"]["test"] else "validation"
    return part, part_of(model, decode_all(source, pixels_only(model)), part)


def figures(model: Model, dataset: Dataset, part: str) -> dict[str, Any]:
    """Return the one-shot accuracy among few and among many classes that it can tell, and the verification figures."""
    items = embedded(model, dataset)
    counts = sorted((len(members) for members in dataset.by_class), reverse=True)
    most = min(len(counts), model.learner.most_classes or len(counts))
    results: dict[str, Any] = {"classes": part}
    for ways in sorted({min(5, most), min(20, most)}):
        queries = max(1, min(5, counts[ways - 1] - 1))
        result = evaluate_episodes(model, items, Plan(ways=ways, queries=queries))
        results[f"{ways}_way_1_shot"] = result.to_json()
    results["verification"] = evaluate_verification(model, items, Plan(pairs=10_000)).to_json()
    return results


def history_of(run: Path) -> list[Record] | None:
    """Return the records of the training, or None where the run has none."""
    path = run / "history.json"
    if not path.is_file():
        return None
    return [Record(**record) for record in json.loads(path.read_text(encoding="utf-8"))]
