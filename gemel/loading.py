"""A model's folder -> the model."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load_file

from gemel.assembly import assemble
from gemel.data import Preprocessing
from gemel.errors import GemelError, MissingExtraError, ModelError
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.thresholds import OperatingPoint
from gemel.files import sha256
from gemel.learners import EmbeddingLearner
from gemel.model import FORMAT, TRAINING_ONLY, Model
from gemel.recipes import Recipe


def load(model: str | Path) -> Model:
    """Return the model in a run folder, or a packaged one by name, such as ``"characters"``; nothing is unpickled.

    Raises:
        ModelError: there is none, its training has not finished, it is damaged, or a newer Gemel wrote it.
    """
    folder = located(model)
    described = _description(folder)
    try:
        recipe = Recipe.read(folder / "recipe.yaml")
        preprocessing = Preprocessing.from_json(described.pop("preprocessing"))
        calibration = Calibration.from_json(described.pop("calibration"))
        thresholds = _thresholds(described.pop("thresholds"))
        learner = assemble(recipe, preprocessing.channels, classes=1, blank=True)
        if described.get("recipe_sha256") not in (None, sha256(folder / "recipe.yaml")):
            raise ModelError("the recipe is not the one that model.json names.")
        _fill(learner, folder / "model.safetensors", described["weights_sha256"])
    except MissingExtraError:
        raise
    except (GemelError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The model in {folder} is damaged: {error} Train it again, or restore the folder.") from error
    return Model(
        learner.eval().requires_grad_(False), preprocessing, calibration, thresholds, recipe, described, folder
    )


def located(model: str | Path) -> Path:
    """Return the folder of a model given by path, or by the name of a packaged one.

    Raises:
        ModelError: there is no such folder.
    """
    packaged = Path(str(files("gemel") / "packaged" / str(model)))
    for folder in (Path(model), packaged):
        if folder.is_dir():
            return folder
    raise ModelError(f"There is no model '{model}': neither a folder of that path nor a packaged model of that name.")


def _description(folder: Path) -> dict[str, Any]:
    path = folder / "model.json"
    if not path.is_file():
        unfinished = (folder / "checkpoint.pt").is_file()
        advice = (
            "its training has not finished; run gemel train again with --resume" if unfinished else "it is no model"
        )
        raise ModelError(f"{folder} holds no model.json: {advice}.")
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        written = described["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} is damaged ({error}); train again, or restore the folder.") from error
    if written != FORMAT:
        raise ModelError(f"{folder} has format {written}; this Gemel reads {FORMAT}. Install the Gemel that wrote it.")
    return dict(described)


def _thresholds(points: Any) -> dict[str, OperatingPoint]:
    """Return the operating points by name; that of the equal error rate must be there."""
    if not isinstance(points, dict) or "eer" not in points:
        raise ModelError("its thresholds lack the one at the equal error rate.")
    return {name: OperatingPoint.from_json(point) for name, point in points.items()}


def _fill(learner: EmbeddingLearner, weights: Path, expected: str) -> None:
    """Load the weights that are kept; all of them must be there, and none besides."""
    if sha256(weights) != expected:
        raise ModelError("the weights are not those that model.json names.")
    try:
        state = {
            name: value.float() if value.is_floating_point() else value for name, value in load_file(weights).items()
        }
        lacking, besides = learner.load_state_dict(state, strict=False)
    except (RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(f"the weights do not fit the recipe ({str(error).splitlines()[0]}).") from error
    lacking = [name for name in lacking if not name.startswith(TRAINING_ONLY)]
    if lacking or besides:
        raise ModelError(f"the weights do not fit the recipe (lacking {lacking[:3]}, besides {besides[:3]}).")
