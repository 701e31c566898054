"""Few-shot regression of sinusoids: learners that adapt, beside a pretrained network and an oracle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from gemel.assembly import assemble
from gemel.data.sinusoids import SinusoidFeed
from gemel.errors import RecipeError, did_you_mean
from gemel.files import write_json, write_text
from gemel.learners import LEARNERS, Adaptive, Learner
from gemel.plots import save
from gemel.recipes import Recipe
from gemel.recipes.methods import METHODS
from gemel.registry import build
from gemel.training.device import device_of
from gemel.training.mixed_feed import mixing
from gemel.training.progress import Reporter, Silent
from gemel.training.trainer import Trainer
from gemel.workflows.optimising import check_folder
from gemel.workflows.regression_figures import STEPS, Regression, asked, errors_by_step, picture, validation_tasks

#: What suits these tasks: options of the learners, and the loop's.
OPTIONS: dict[str, dict[str, Any]] = {
    "maml": {"rate": 0.01, "together": 64},
    "imaml": {"rate": 0.01},
    "reptile": {"rate": 0.01, "test_steps": STEPS},
}
TASKS = {"queries": 10, "tasks": 64}
LOOP = {
    "learning_rate": 4e-3,
    "weight_decay": 0.0,
    "warmup": 0.05,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
    "validate_every": 500,
    "patience": 1000,
}


def methods() -> list[str]:
    """Return the names of the methods that adapt a network's numbers."""
    return [name for name, parts in METHODS.items() if issubclass(LEARNERS[parts["learner"]["name"]], Adaptive)]


def regress(
    method: str,
    out: Path,
    shots: int = 10,
    steps: int = 4000,
    seed: int = 0,
    overrides: Sequence[str] = (),
    reporter: Callable[[str], Reporter] = lambda name: Silent(),
) -> Regression:
    """Train a learner on sinusoids, or go on with that, and ask it, a pretrained network and an oracle for others.

    The pretrained network learns all tasks as one, and goes on from there by plain gradient descent at a rate that is
    tuned on validation tasks; the oracle is told amplitude and phase beside x.

    Args:
        method: a name in ``methods()``.
        out: the folder for ``recipe.yaml``, ``weights.safetensors``, ``regression.json`` and ``regression.png``; a
            training that it holds is gone on with, to the bits of an uninterrupted one.
        shots: support points of a task in training.
        steps: of each of the three trainings.
        seed: of everything that is drawn.
        overrides: ``key.key=value``, applied to the method's recipe.
        reporter: a network's name -> who is told how its training goes.

    Raises:
        RecipeError: the method is unknown or adapts nothing, or an override is refused.
        ModelError: the folder holds something else, or a training with other settings.
        TrainingInterrupted: Ctrl-C came; the checkpoint is written.
    """
    recipe = recipe_of(method, shots, steps, seed, overrides)
    check_folder(out)
    learner = trained(recipe, out, reporter(method))
    write_text(out / "recipe.yaml", recipe.yaml())
    save_file(learner.state_dict(), out / "weights.safetensors")
    pretrained = trained(baseline(recipe), out / "pretrained", reporter("pretrained"))
    oracle = trained(baseline(recipe, told=True), out / "oracle", reporter("oracle"))
    found, fits = asked(recipe, method, learner, pretrained, oracle)
    write_json(out / "regression.json", found.to_json())
    save(picture(found, fits), out / "regression.png")
    return found


def recipe_of(method: str, shots: int, steps: int, seed: int, overrides: Sequence[str]) -> Recipe:
    """Return a method's recipe for sinusoids."""
    if method not in methods():
        raise RecipeError(f"'{method}' is no method that adapts.{did_you_mean(method, methods())}")
    learner = METHODS[method]["learner"]
    chosen = {**learner, **OPTIONS[learner["name"]]}
    if chosen.get("rule") == "lstm":  # which reads each task's own loss
        chosen["together"] = 1
    values = {
        "name": f"sinusoids-{method}",
        "method": method,
        "data": {"source": "sinusoids", "options": {"shots": shots, **TASKS}},
        "preprocessing": {"size": 1, "channels": 1},
        "encoder": "mlp",
        "learner": chosen,
        "loss": "squared_error",
        "sampler": None,
        "training": {**LOOP, "steps": steps, "seed": seed},
    }
    return Recipe.of(values, overrides)


def baseline(recipe: Recipe, told: bool = False) -> Recipe:
    """Return the recipe of the same network, learnt without adapting; with ``told`` of the oracle."""
    options = {**recipe.data.options, "told": told}
    return recipe.model_copy(
        update={
            "learner": {"name": "maml", "steps": 0, "rate": 0.01, "together": options["tasks"]},
            "data": recipe.data.model_copy(update={"options": options, "mixing": 0.0}),
            "preprocessing": recipe.preprocessing.model_copy(update={"channels": 3 if told else 1}),
        }
    )


def learner_of(recipe: Recipe) -> Adaptive:
    """Return a recipe's learner, with its first weights."""
    learner = assemble(recipe, channels=recipe.preprocessing.channels or 1, classes=1)
    assert isinstance(learner, Adaptive)
    return learner


def regressor(run: str | Path) -> Adaptive:
    """Return the learner of a run folder, as it was trained; ``path(support, steps)`` adapts it."""
    learner = learner_of(Recipe.read(Path(run) / "recipe.yaml"))
    learner.load_state_dict(load_file(Path(run) / "weights.safetensors"))
    return learner.eval().requires_grad_(False)


def trained(recipe: Recipe, run: Path, reporter: Reporter) -> Adaptive:
    """Return the recipe's learner after its steps, from the folder's checkpoint on where there is one."""
    settings = recipe.training
    options = {"name": "sinusoids", **recipe.data.options}
    given = {"seed": settings.seed, "device": device_of(settings.device)}
    feed = build("data", {"sinusoids": SinusoidFeed}, options, **given)
    unseen = validation_tasks(settings.seed, feed.shots, feed.told)

    def evaluate(learner: Learner, metrics: dict[str, float]) -> tuple[float, list[str]]:
        assert isinstance(learner, Adaptive)
        return -float(errors_by_step(learner, unseen, feed.shots, learner.test_steps)[:, -1].mean()), []

    tasks = mixing(feed, recipe.data.mixing, settings.seed)
    trainer = Trainer(learner_of(recipe), tasks, settings, evaluate, run, recipe.yaml(), reporter)
    if (run / "checkpoint.pt").is_file():
        trainer.resume()
    trainer.train()
    learner = trainer.learner.cpu().eval().requires_grad_(False)
    assert isinstance(learner, Adaptive)
    return learner
