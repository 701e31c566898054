"""An optimiser learnt and held against the field's own: weights, figures and a picture in one folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.circumstances import hardware, today, versions
from gemel.data import Preprocessing, decode_all, open_source
from gemel.errors import ModelError, RecipeError, did_you_mean
from gemel.evaluation.intervals import student
from gemel.files import clear_drafts, write_json
from gemel.optimisers import PROBLEMS, CoordinatewiseLstm, Descents, Family, MetaTrainer, MetaTraining, compare
from gemel.optimisers.meta_training import CHECKPOINT
from gemel.plots import save
from gemel.plots.optimisers import LossCurve, loss_by_step
from gemel.randomness import seeded
from gemel.registry import build
from gemel.wording import counted

Progress = Callable[[int, int], None]

#: Pictures are made no larger than so many pixels a side.
LARGEST = 28

#: How people know the optimisers.
NAMES = {"learned": "learned", "sgd": "SGD", "nesterov": "Nesterov momentum", "rmsprop": "RMSprop", "adam": "Adam"}


@dataclass(frozen=True)
class Plan:
    """What suits a family of problems.

    Attributes:
        steps: updates of the optimiser's weights.
        together: problems learnt from at once.
        held_out: problems that the figures are of, and as many others for validation.
        p, scale: the optimiser's preprocessing and output, as the paper has them for these problems.
    """

    steps: int
    together: int
    held_out: int
    p: float | None
    scale: float


PLANS = {"quadratic": Plan(5000, 64, 1000, None, 1.0), "network": Plan(1000, 4, 16, 10.0, 0.1)}


@dataclass(frozen=True)
class Comparison:
    """What was found: facts about the training, and every optimiser's descents on the held-out problems."""

    facts: Mapping[str, Any]
    descents: Mapping[str, Descents]

    @property
    def learned(self) -> Descents:
        """The learned optimiser's descents."""
        return self.descents["learned"]

    def to_json(self) -> dict[str, Any]:
        """Return the facts and each optimiser's rate and losses with their intervals, paired with the learned one's."""
        figures = {name: figures_of(descents) for name, descents in self.descents.items()}
        for name, descents in self.descents.items():
            if name != "learned":
                figures[name]["learned_minus_this"] = interval(self.learned.final - descents.final)
                figures[name]["learned_is_lower"] = float((self.learned.final < descents.final).double().mean())
        return {**self.facts, "optimisers": figures}

    def __str__(self) -> str:
        count, points = self.learned.losses.shape
        rows = [line(name, figures) for name, figures in self.to_json()["optimisers"].items()]
        return "\n".join([f"Mean loss after {points - 1} steps, {counted(count, 'problem')} never seen:", *rows])


def optimise(
    problem: str,
    out: Path,
    data: str = "digits",
    steps: int | None = None,
    held_out: int | None = None,
    seed: int = 0,
    training: Progress = lambda done, total: None,
    comparing: Progress = lambda done, total: None,
) -> Comparison:
    """Train an optimiser on a family of problems, or go on with that, and compare it on others of the family.

    Args:
        problem: a name in ``PROBLEMS``.
        out: the folder for ``optimiser.safetensors``, ``comparison.json`` and ``comparison.png``; a training that it
            holds is gone on with, to the bits of an uninterrupted one.
        data: for networks: the pictures that they learn, a path or a name.
        steps: updates of the optimiser's weights; by default the plan's.
        held_out: problems for the figures, and as many for validation; by default the plan's.
        seed: of everything that is drawn.
        training, comparing: are told how far these are.

    Raises:
        RecipeError: the problem is unknown.
        ModelError: the folder holds something else, or a training with other settings.
        DataError: the pictures are absent, or of one class.
    """
    if problem not in PROBLEMS:
        raise RecipeError(f"Unknown problem '{problem}'.{did_you_mean(problem, PROBLEMS)}")
    check_folder(out)
    plan = PLANS[problem]
    family = family_of(problem, data)
    count = plan.held_out if held_out is None else held_out
    trainer = trained(family, plan, count, out, plan.steps if steps is None else steps, seed, training)
    learned, horizon = trainer.learned(), trainer.settings.horizon
    learned.write(out / "optimiser.safetensors")
    tried = family.draw(count, seed, "held out")
    descents = compare(learned, trainer.validation, tried, horizon, progress=comparing)
    found = Comparison(facts_of(problem, data, trainer), descents)
    write_json(out / "comparison.json", found.to_json())
    save(picture(found), out / "comparison.png")
    return found


def check_folder(out: Path) -> None:
    """Raise a ModelError unless the folder is new, empty, or holds a training to go on with."""
    if out.exists() and not out.is_dir():
        raise ModelError(f"{out} is a file; choose a folder for the run.")
    if out.is_dir() and not (out / CHECKPOINT).is_file() and any(path.name[0] != "." for path in out.iterdir()):
        raise ModelError(f"{out} is not empty and holds no {CHECKPOINT} to go on with; choose another --out.")
    clear_drafts(out)


def family_of(problem: str, data: str) -> Family:
    """Return the family of that name; networks get their pictures."""
    given: dict[str, Any] = {}
    if problem == "network":
        given["images"], given["labels"] = pictures(data)
    return build("problem", PROBLEMS, {"name": problem}, **given)


def pictures(data: str) -> tuple[Tensor, Tensor]:
    """Return grey pictures as rows of pixels in 0 ... 1, and their labels: (M, P), (M,).

    Of data that come in parts, such as Fashion-MNIST's train and test, the training part is taken.
    """
    source = open_source(data)
    width, height = source.image(0).size
    dataset = decode_all(source, Preprocessing(size=(min(height, LARGEST), min(width, LARGEST))))
    training = [name for name, group in zip(dataset.classes, dataset.groups, strict=True) if group == "train"]
    chosen = dataset.select(training) if training else dataset
    images = chosen.items(torch.arange(len(chosen))).flatten(1).float() / 255
    return images, torch.from_numpy(chosen.labels)


def trained(
    family: Family, plan: Plan, held_out: int, out: Path, steps: int, seed: int, progress: Progress
) -> MetaTrainer:
    """Return a trainer that has taken its steps, from the folder's checkpoint on where there is one."""
    with seeded(seed, "optimiser"):
        rule = CoordinatewiseLstm(p=plan.p, scale=plan.scale)
    validation = family.draw(held_out, seed, "validation")
    trainer = MetaTrainer(rule, family, validation, MetaTraining(problems=plan.together, seed=seed), out)
    if (out / CHECKPOINT).is_file():
        trainer.resume()
    trainer.train(steps, progress)
    return trainer


def facts_of(problem: str, data: str, trainer: MetaTrainer) -> dict[str, Any]:
    """Return what was trained, how, when and on what."""
    settings = trainer.settings
    return {
        "problem": problem,
        "data": data if problem == "network" else None,
        "seed": settings.seed,
        "date": today(),
        "hardware": hardware(),
        "versions": versions(),
        "steps": trainer.step,
        "best_step": trainer.best_record["step"],
        "horizon": settings.horizon,
        "unroll": settings.unroll,
        "problems_at_once": settings.problems,
        "learning_rate": settings.learning_rate,
        "p": trainer.rule.p,
        "scale": trainer.rule.scale,
        "held_out": len(trainer.validation),
        "validation_loss": [[record["step"], finite(record["loss"])] for record in trainer.history],
    }


def figures_of(descents: Descents) -> dict[str, Any]:
    """Return an optimiser's rate, its final loss (mean with interval, and median), and its mean loss by step."""
    steps = [interval(losses) for losses in descents.losses.T]
    return {
        "rate": descents.rate,
        "final": steps[-1],
        "final_median": finite(float(descents.final.double().median())),
        "mean": [one["value"] for one in steps],
        "low": [one["ci95"][0] for one in steps],
        "high": [one["ci95"][1] for one in steps],
    }


def interval(values: Tensor) -> dict[str, Any]:
    """Return the mean with Student's 95 % interval: (B,) -> ``{"value", "ci95"}``; None for what is not finite."""
    with np.errstate(all="ignore"):  # a descent that went astray may end in infinity
        mean, half = student(values.double().numpy())
    return {"value": finite(mean), "ci95": [finite(mean - half), finite(mean + half)]}


def finite(value: float) -> float | None:
    """Return the value, or None, which JSON knows, where it is infinite or no number."""
    return value if np.isfinite(value) else None


def label(name: str, rate: float | None) -> str:
    """Return an optimiser's name with its rate."""
    return NAMES[name] if rate is None else f"{NAMES[name]}, rate {rate:.2g}"


def line(name: str, figures: Mapping[str, Any]) -> str:
    """Return an optimiser's figures for a person to read."""
    final = figures["final"]
    told = f"  {label(name, figures['rate'])}: {in_words(final)}"
    if name == "learned":
        return told
    return f"{told}; the learned one is lower on {figures['learned_is_lower']:.1%}".replace("%", " %")


def in_words(figure: Mapping[str, Any]) -> str:
    """Return a mean with its interval, as far as they are numbers."""
    if None in (figure["value"], *figure["ci95"]):
        return "astray"
    low, high = figure["ci95"]
    return f"{figure['value']:.3g} ({low:.3g} to {high:.3g})"


def picture(found: Comparison) -> Any:
    """Return the losses over the steps as a figure."""
    curves = [
        LossCurve(label(name, figures["rate"]), *(np.array(figures[key], float) for key in ("mean", "low", "high")))
        for name, figures in found.to_json()["optimisers"].items()
    ]
    facts = found.facts
    what = "quadratic functions" if facts["problem"] == "quadratic" else f"small networks on {facts['data']}"
    note = f"Mean of {counted(facts['held_out'], 'problem')} never seen, 95 % intervals; every rate tuned on others."
    return loss_by_step(curves, f"A learned optimiser on {what}", note)
