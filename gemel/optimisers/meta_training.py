"""Learning an optimiser from descents."""

from __future__ import annotations

import copy
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gemel.errors import GemelError, ModelError
from gemel.files import replacing
from gemel.optimisers.coordinatewise_lstm import CoordinatewiseLstm
from gemel.optimisers.descent import final_loss
from gemel.optimisers.problems import Family, Problems
from gemel.optimisers.update_rule import State, UpdateRule

CHECKPOINT = "checkpoint.pt"

#: Seconds between two checkpoints, besides those at each validation.
CHECKPOINT_SECONDS = 30.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class MetaTraining:
    """How an optimiser is trained.

    Attributes:
        horizon: steps of every descent.
        unroll: steps that one update of the optimiser's weights looks back over; it divides the horizon.
        problems: functions descended at once.
        learning_rate: Adam's, for the optimiser's weights.
        validate_every: updates between two validations.
        seed: of the functions' drawing.

    Raises:
        ValueError: a number is out of range.
    """

    horizon: int = 100
    unroll: int = 20
    problems: int = 64
    learning_rate: float = 0.003
    validate_every: int = 250
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.horizon, self.unroll, self.problems, self.validate_every) < 1 or self.learning_rate <= 0:
            raise ValueError(f"{self}: every number must be above 0")
        if self.horizon % self.unroll:
            raise ValueError(f"unroll {self.unroll} must divide horizon {self.horizon}")

    @property
    def segments(self) -> int:
        """Updates of the optimiser's weights in a descent."""
        return self.horizon // self.unroll


def segment(
    rule: UpdateRule, problems: Problems, theta: Tensor, state: State, first: int, unroll: int
) -> tuple[Tensor, Tensor, State]:
    """Descend for some steps and return what to differentiate, and where that led: theta (B, D) and the state, cut off.

    The paper's objective is ``L = Σ_t mean_b f_b(theta_t)`` over the steps' ends, and its gradient is taken as if the
    gradients g_t that the rule sees did not depend on its weights: ``dL = Σ_t mean_b g_t · dtheta_t``. These are the
    very g_t that the rule is given next, so that ``Σ_t mean_b g_t · theta_t``, returned here, has that gradient, and no
    function is differentiated twice.

    Args:
        rule: the optimiser.
        problems: B functions.
        theta: (B, D) where the segment begins.
        state: the rule's there.
        first: number of the segment's first step within the descent.
        unroll: how many steps.
    """
    objective = theta.new_zeros(())
    _, gradient = problems.loss_and_gradient(theta, first)
    for step in range(first, first + unroll):
        update, state = rule(gradient, state)
        theta = theta + update
        _, gradient = problems.loss_and_gradient(theta, step + 1)
        objective = objective + (gradient * theta).sum(1).mean()
    return objective, theta.detach(), tuple(part.detach() for part in state)


class MetaTrainer:
    """Trains an optimiser by truncated backpropagation through time, and keeps the weights of the best validation.

    A descent of ``horizon`` steps is cut into segments; after each, Adam takes one step on the optimiser's weights, and
    the next goes on where it ended. Every descent is on new functions, drawn from (seed, its number), so that a
    training goes on from a checkpoint to the same bits.

    Andrychowicz et al. (2016), section 3.

    Args:
        rule: what to train; changed in place.
        family: what it learns on.
        validation: functions whose mean final loss chooses the weights.
        settings: how.
        run: the folder for checkpoints.
    """

    def __init__(
        self, rule: CoordinatewiseLstm, family: Family, validation: Problems, settings: MetaTraining, run: Path
    ) -> None:
        self.rule, self.family, self.validation = rule, family, validation
        self.settings, self.run_folder = settings, run
        self.adam = torch.optim.Adam(rule.parameters(), settings.learning_rate)
        self.best = _copied(rule)
        self.history: list[dict[str, float]] = []
        self.step = 0
        self.problems = self._drawn()
        self.theta, self.state = self.problems.start, rule.start(self.problems.start)

    @property
    def best_record(self) -> dict[str, float]:
        """The step with the least validation loss, and that loss; of equals, the first."""
        return min(self.history, key=lambda record: record["loss"])

    @property
    def text(self) -> str:
        """What a checkpoint must have in common with the training that takes it up; it may be made longer."""
        rule = {"hidden": self.rule.hidden, "p": self.rule.p, "scale": self.rule.scale}
        named = {"problems": self.family.fingerprint, "validation": len(self.validation)}
        return json.dumps({**named, "rule": rule, "settings": asdict(self.settings)})

    def train(self, steps: int, progress: Progress = lambda done, total: None) -> None:
        """Go on to that many updates of the optimiser's weights.

        Raises:
            GemelError: a loss is not finite.
        """
        saved = time.monotonic()
        while self.step < steps:
            progress(self.step, steps)
            self.advance()
            due = self.step % self.settings.validate_every == 0 or self.step == steps
            if due:
                self._validate()
            if due or time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
        if not self.history:  # an interrupted training may have come further than is asked for now
            self._validate()
        progress(self.step, self.step)

    def learned(self) -> CoordinatewiseLstm:
        """Return the optimiser with the weights of the best validation."""
        rule = copy.deepcopy(self.rule).requires_grad_(False)
        rule.load_state_dict(self.best)
        return rule

    def advance(self) -> None:
        """Descend one segment, and learn from it."""
        settings = self.settings
        part = self.step % settings.segments
        objective, theta, state = segment(
            self.rule, self.problems, self.theta, self.state, part * settings.unroll, settings.unroll
        )
        if not bool(objective.isfinite()):
            raise GemelError(
                f"The loss is not finite at step {self.step}; lower learning_rate ({settings.learning_rate})."
            )
        self.adam.zero_grad()
        torch.autograd.backward(objective)
        self.adam.step()
        self.theta, self.state, self.step = theta, state, self.step + 1
        if self.step % settings.segments == 0:
            self.problems = self._drawn()
            self.theta, self.state = self.problems.start, self.rule.start(self.problems.start)

    def _drawn(self) -> Problems:
        number = self.step // self.settings.segments
        return self.family.draw(self.settings.problems, self.settings.seed, "train", number)

    def _validate(self) -> None:
        loss = final_loss(self.validation, self.rule, self.settings.horizon)
        if not self.history or loss < self.best_record["loss"]:
            self.best = _copied(self.rule)
        self.history.append({"step": self.step, "loss": loss})

    def save(self) -> None:
        """Write a checkpoint of the state between two updates."""
        state = {
            "text": self.text, "step": self.step, "rule": self.rule.state_dict(), "adam": self.adam.state_dict(),
            "theta": self.theta, "state": self.state, "best": self.best, "history": self.history,
        }  # fmt: skip
        with replacing(self.run_folder / CHECKPOINT) as temporary:
            torch.save(state, temporary)

    def resume(self) -> None:
        """Take up the state of the run folder's checkpoint.

        Raises:
            ModelError: there is none, it is damaged, or of another training.
        """
        saved = read_checkpoint(self.run_folder / CHECKPOINT)
        if saved["text"] != self.text:
            raise ModelError(
                f"{self.run_folder} was begun with other settings or data; take the same ones or a new folder."
            )
        self.rule.load_state_dict(saved["rule"])
        self.adam.load_state_dict(saved["adam"])
        self.best, self.history, self.step = saved["best"], saved["history"], saved["step"]
        self.problems, self.theta, self.state = self._drawn(), saved["theta"], tuple(saved["state"])


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what ``MetaTrainer.save`` wrote; tensors and plain values only, never pickled objects.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    if not path.is_file():
        raise ModelError(f"{path} does not exist; there is no training to go on with.")
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load itself does not look at the checksums
            if archive.testzip() is not None:
                raise ValueError("a checksum is wrong")
        return dict(torch.load(path, weights_only=True))
    except Exception as error:  # damaged bytes raise many kinds, none of them documented
        raise ModelError(f"{path} is damaged ({type(error).__name__}); delete it and train again.") from error


def _copied(rule: CoordinatewiseLstm) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in rule.state_dict().items()}
