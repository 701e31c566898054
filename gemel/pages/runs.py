"""The runs that a folder holds, as their files tell; a damaged one is told as such, and hides no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gemel.training.progress import Record
from gemel.workflows.card import PICTURES, estimates

#: Folders deep that runs are looked for, and runs looked at, at most.
DEPTH, MOST = 3, 300


@dataclass(frozen=True)
class Run:
    """What training left in a folder.

    Attributes:
        name: its path within the folder of runs.
        folder: where it is.
        recipe: its recipe's sections; {} where damaged.
        facts: what ``model.json`` tells; {} where the training has not finished.
        history: its validations.
        figures: name -> {"value", "ci95"} of what was measured.
    """

    name: str
    folder: Path
    recipe: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Record, ...] = ()
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether there is a model."""
        return bool(self.facts)

    @property
    def learner(self) -> str:
        """The method's name."""
        return named(self.recipe.get("learner"))

    @property
    def encoder(self) -> str:
        """The encoder's name."""
        return named(self.recipe.get("encoder"))

    @property
    def pictures(self) -> dict[str, Path]:
        """The pictures that were drawn of it, by name."""
        paths = {name: self.folder / "pictures" / f"{name}.png" for name in PICTURES}
        return {name: path for name, path in paths.items() if path.is_file()}


def named(part: Any) -> str:
    """Return the name of a recipe's part, ``conv4`` or ``{name: conv4}``."""
    return str(part.get("name", "?") if isinstance(part, Mapping) else part or "?")


def runs_in(folder: Path) -> list[Run]:
    """Return the runs in a folder, by name; none where it is absent."""
    found = [folder.glob("/".join(["*"] * depth) + "/recipe.yaml") for depth in range(1, DEPTH + 1)]
    paths = sorted(path.parent for level in found for path in level)[:MOST]
    return [run_of(path, path.relative_to(folder).as_posix()) for path in paths]


def run_of(folder: Path, name: str) -> Run:
    """Return one run; what cannot be read of it is left out."""
    recipe = read(folder / "recipe.yaml")
    results = read(folder / "results.json")
    return Run(
        name=name,
        folder=folder,
        recipe=recipe if isinstance(recipe, Mapping) else {},
        facts=facts if isinstance(facts := read(folder / "model.json"), Mapping) else {},
        history=records(read(folder / "history.json")),
        figures=estimates(results) if isinstance(results, Mapping) else {},
    )


def read(path: Path) -> Any:
    """Return a JSON or YAML file's value; None where it is absent or damaged."""
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None


def records(value: Any) -> tuple[Record, ...]:
    """Return a history's records; none where it is damaged."""
    try:
        return tuple(Record(**each) for each in value or ())
    except TypeError:
        return ()
