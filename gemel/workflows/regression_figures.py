"""What networks make of sinusoids that none of them has seen: errors by step, and their picture."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.func import vmap

from gemel.adaptation import FixedRate, abreast
from gemel.batches import Episode, Labelled
from gemel.circumstances import hardware, today, versions
from gemel.data.sinusoids import INPUTS, Sinusoids
from gemel.learners import Adaptive
from gemel.plots.optimisers import LossCurve
from gemel.plots.regression import Fit, regression
from gemel.randomness import torch_generator
from gemel.recipes import Recipe
from gemel.workflows.optimising import interval

#: Steps on a support set that are looked at.
STEPS = 10

#: Numbers of support points that are asked for, whatever number it was trained with.
SHOTS = (5, 10, 20)

#: Tasks for the figures, and others for validation and for tuning; points that each is asked for.
TEST, VALIDATION, POINTS = 1000, 200, 100

#: Among which the pretrained network's rate is tuned.
RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True)
class Regression:
    """What was found: facts about the training, and for each number of shots every network's errors on the test tasks.

    Attributes:
        facts: what was trained, how, when and on what.
        errors: shots -> network -> mean squared errors after 0, 1, ... steps, (TEST, STEPS + 1).
        rates: shots -> the pretrained network's rate.
    """

    facts: Mapping[str, Any]
    errors: Mapping[int, Mapping[str, np.ndarray]]
    rates: Mapping[int, float]

    def to_json(self) -> dict[str, Any]:
        """Return the facts, and each network's mean squared error by step with its interval."""
        found = {
            str(shots): {name: [interval(torch.from_numpy(row)) for row in table.T] for name, table in tables.items()}
            for shots, tables in self.errors.items()
        }
        return {**self.facts, "rates": {str(shots): rate for shots, rate in self.rates.items()}, "errors": found}

    def __str__(self) -> str:
        rows = [f"Mean squared error on {TEST:,} sinusoids never seen, before and after 1 and {STEPS} steps:"]
        for shots, tables in self.errors.items():
            rows.append(f"  {shots} points")
            for name, table in tables.items():
                figures = ", ".join(in_words(table[:, step]) for step in (0, 1, STEPS))
                rows.append(f"    {name}: {figures if name != 'oracle' else in_words(table[:, 0])}")
        return "\n".join(rows)


def tasks_of(part: str, count: int, seed: int, shots: int = max(SHOTS), told: bool = False) -> tuple[Episode, ...]:
    """Return tasks that no training draws, those of the same part and count alike whatever is told."""
    generator = torch_generator(seed, part)
    return Sinusoids.draw(count, generator).episodes(shots, POINTS, generator, told)


def validation_tasks(seed: int, shots: int, told: bool) -> tuple[Episode, ...]:
    """Return the tasks that a training is watched on."""
    return tasks_of("validation", VALIDATION, seed, shots, told)


def errors_by_step(learner: Adaptive, tasks: Sequence[Episode], shots: int, steps: int) -> np.ndarray:
    """Return each task's mean squared error after 0, 1, ... steps on its first support points: (E, steps + 1)."""
    device, rows = learner.device, list[np.ndarray]()
    for task in abreast([fewer(task, shots).to(device) for task in tasks], learner.together):
        function, truth = learner.functions[False], task.query.labels
        ask = function if truth.ndim == 1 else vmap(function)
        with torch.no_grad():
            told = [ask(numbers, task.query.items) for numbers in learner.path(task.support, steps)]
        wrong = [(one.squeeze(-1) - truth).square().mean(-1) for one in told]
        errors = torch.stack(wrong, -1)  # (S + 1,) or (T, S + 1)
        rows.append(np.atleast_2d(errors.double().cpu().numpy()))
    return np.concatenate(rows)


def fewer(task: Episode, shots: int) -> Episode:
    """Return a task with its first support points alone."""
    return replace(task, support=Labelled(task.support.items[:shots], task.support.labels[:shots]))


def asked(
    recipe: Recipe, method: str, learner: Adaptive, pretrained: Adaptive, oracle: Adaptive
) -> tuple[Regression, dict[str, list[Fit]]]:
    """Return the three networks' errors on test tasks, and what two of them make of two sinusoids."""
    settings = recipe.training
    tasks, told = (tasks_of("test", TEST, settings.seed, told=told) for told in (False, True))
    known = errors_by_step(oracle, told, max(SHOTS), 0).repeat(STEPS + 1, 1)
    errors, tuned = dict[int, dict[str, np.ndarray]](), dict[int, Adaptive]()
    for shots in SHOTS:
        tuned[shots] = fine_tuned(pretrained, shots, settings.seed)
        networks = {method: learner, "pretrained": tuned[shots]}
        errors[shots] = {name: errors_by_step(network, tasks, shots, STEPS) for name, network in networks.items()}
        errors[shots]["oracle"] = known
    drawn = recipe.data.options["shots"]
    shown = {method: learner, "pretrained": tuned.get(drawn, tuned[SHOTS[1]])}
    fits = {name: fits_of(network, drawn, settings.seed) for name, network in shown.items()}
    rates = {shots: float(network.rule.rate) for shots, network in tuned.items()}  # type: ignore[union-attr, arg-type]
    return Regression(facts_of(recipe, method), errors, rates), fits


def fine_tuned(pretrained: Adaptive, shots: int, seed: int) -> Adaptive:
    """Return the network with the rate that is best on validation tasks, by the mean error over all steps."""
    tasks = tasks_of("tuning", VALIDATION, seed)

    def error(network: Adaptive) -> float:
        with np.errstate(all="ignore"):  # too high a rate leads to infinity
            return float(np.nan_to_num(errors_by_step(network, tasks, shots, STEPS)[:, 1:].mean(), nan=np.inf))

    return min((at_rate(pretrained, rate) for rate in RATES), key=error)


def at_rate(learner: Adaptive, rate: float) -> Adaptive:
    """Return a copy that descends at that rate."""
    other = copy.deepcopy(learner)
    other.rule = FixedRate({}, STEPS, rate)
    return other


def fits_of(learner: Adaptive, shots: int, seed: int) -> list[Fit]:
    """Return what the network makes of the first two test sinusoids before and after 1 and 10 steps."""
    generator, fits = torch_generator(seed, "test"), list[Fit]()
    waves = Sinusoids.draw(TEST, generator)
    tasks = waves.episodes(max(SHOTS), POINTS, generator)
    x = torch.linspace(*INPUTS, 201)
    truth, items = waves(x.expand(TEST, -1)), waves.items(x[None])[0]
    for number in range(2):
        support = fewer(tasks[number], shots).support
        path = list(learner.path(support, STEPS))
        with torch.no_grad():
            told = {step: learner.functions[False](path[step], items)[:, 0].numpy() for step in (0, 1, STEPS)}
        fits.append(
            Fit(x.numpy(), truth[number].numpy(), support.items.flatten().numpy(), support.labels.numpy(), told)
        )
    return fits


def facts_of(recipe: Recipe, method: str) -> dict[str, Any]:
    """Return what was trained, how, when and on what."""
    return {
        "method": method,
        "seed": recipe.training.seed,
        "date": today(),
        "hardware": hardware(),
        "versions": versions(),
        "training": {**recipe.data.options, "steps": recipe.training.steps, "learner": recipe.learner},
        "test_tasks": TEST,
        "validation_tasks": VALIDATION,
    }


def in_words(errors: np.ndarray) -> str:
    """Return the mean of some tasks' errors with its interval."""
    figure = interval(torch.from_numpy(errors))
    if None in (figure["value"], *figure["ci95"]):
        return "astray"
    low, high = figure["ci95"]
    return f"{figure['value']:.3g} ({low:.3g} to {high:.3g})"


def picture(found: Regression, fits: Mapping[str, Sequence[Fit]]) -> Any:
    """Return the paper's figure 2, with the errors by step under it."""
    curves = {
        f"{shots} points": [curve(name, table) for name, table in tables.items()]
        for shots, tables in found.errors.items()
    }
    note = f"Mean of {TEST:,} sinusoids never seen, 95 % intervals; the pretrained net's rate is tuned on others."
    return regression(fits, curves, f"Sinusoids from a few points: {found.facts['method']}", note)


def curve(name: str, errors: np.ndarray) -> LossCurve:
    """Return a network's mean error by step with its interval."""
    figures = [interval(torch.from_numpy(row)) for row in errors.T]
    low, high = (np.array([figure["ci95"][side] for figure in figures], float) for side in (0, 1))
    return LossCurve(name, np.array([figure["value"] for figure in figures], float), low, high)
