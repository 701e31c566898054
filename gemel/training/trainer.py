"""One training loop for all learners."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from gemel.errors import GemelError, ModelError
from gemel.learners import EmbeddingLearner, Learner
from gemel.randomness import seeded
from gemel.recipes.recipe import Training
from gemel.training.ahead import Ahead
from gemel.training.average import floats, frozen_copy, move_towards
from gemel.training.checkpoint import Checkpoint
from gemel.training.device import device_of, lowered
from gemel.training.feed import Feed
from gemel.training.interruption import Interruption
from gemel.training.memory import keep_freed
from gemel.training.progress import Record, Reporter
from gemel.training.schedule import cosine_rate

#: Seconds between two checkpoints, besides those at each validation and on an interrupt.
CHECKPOINT_SECONDS = 30.0


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C came; the run folder holds a checkpoint to resume from."""


class Trainer:
    """Trains a learner, keeps the weights of the best validation, and can go on from a checkpoint to the same bits.

    A step is: the feed's batch -> the learner's loss -> one optimiser step. Every draw of step ``s`` comes from
    ``(seed, s)``.

    Args:
        learner: what to train; changed in place.
        feed: gives each step's batch, on the device of the settings.
        settings: the recipe's ``training`` section.
        evaluate: the averaged learner -> (one-shot accuracy on validation classes, warnings).
        run: the folder for checkpoints.
        recipe: text that names the recipe and the data, kept in the checkpoint; resuming asks for the same.
        reporter: is told how it goes.
    """

    def __init__(
        self,
        learner: Learner,
        feed: Feed,
        settings: Training,
        evaluate: Callable[[Learner, dict[str, float]], tuple[float, list[str]]],
        run: Path,
        recipe: str,
        reporter: Reporter,
    ) -> None:
        keep_freed()
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.device = device_of(settings.device)
        self.learner = learner.to(self.device)
        self.average = frozen_copy(self.learner)
        self.moving = floats(self.average), floats(self.learner)
        self.best = self.average.state_dict()
        self.feed, self.settings, self.evaluate = feed, settings, evaluate
        self.batches = Ahead(feed.batch, settings.steps)
        self.run_folder, self.recipe, self.reporter = run, recipe, reporter
        self.optimizer = optimizer_of(learner, settings)
        self.history: list[Record] = []
        self.running: dict[str, float] = {}
        self.step = 0
        self.seconds = 0.0

    def resume(self) -> None:
        """Take up the state of the run folder's checkpoint.

        Raises:
            ModelError: there is none, it is damaged, or of another recipe or other data.
        """
        saved = Checkpoint.read(self.run_folder)
        if saved.recipe != self.recipe:
            raise ModelError(
                f"The checkpoint in {self.run_folder} is of another recipe or other data; resume with the same ones, "
                "or train into a new folder."
            )
        self.learner.load_state_dict(saved.learner)
        self.average.load_state_dict(saved.average)
        self.optimizer.load_state_dict(saved.optimizer)
        self.best, self.step, self.running = saved.best, saved.step, dict(saved.running)
        self.history = [Record(**record) for record in saved.history]
        self.seconds = self.history[-1].seconds if self.history else 0.0

    def train(self) -> list[Record]:
        """Run to the last step or to early stopping; the learner then holds the best weights.

        Raises:
            TrainingInterrupted: Ctrl-C came; the checkpoint is written.
            GemelError: the loss is not finite.
        """
        self.reporter.begin(self.step, self.settings.steps)
        try:
            with Interruption() as interruption:
                self._loop(interruption)
        finally:
            self.batches.close()
            self.reporter.end()
        self.learner.load_state_dict(self.best)
        return self.history

    @property
    def best_record(self) -> Record:
        """The record with the highest accuracy; of equals, the first."""
        return max(self.history, key=lambda record: record.accuracy)

    def _loop(self, interruption: Interruption) -> None:
        self.save()
        saved, first = time.monotonic(), self.step + 1
        while self.step < self.settings.steps and not self._patience_is_over():
            self.advance()
            if self.step == first and self.learner.way:
                self.reporter.say(self.learner.way)
            due = self.step % self.settings.validate_every == 0 or self.step == self.settings.steps
            if due:
                self._validate()
            if due or interruption.asked or time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
            if interruption.asked:
                raise TrainingInterrupted

    def advance(self) -> None:
        """Take one optimiser step."""
        step, began = self.step, time.monotonic()
        batch = self.batches.take(step)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * cosine_rate(step, self.settings.steps, self.settings.warmup)
        self._train_mode()
        with seeded(self.settings.seed, "step", step):
            with lowered(self.device, self.settings.precision):
                result = self.learner(batch)
            self.optimizer.zero_grad(set_to_none=True)
            result.loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learner.parameters(), self.settings.clip)
        self.optimizer.step()
        move_towards(*self.moving, step, self.settings.average)
        self._count({"loss": result.loss.detach(), **result.metrics})
        items = sum(len(part) for part in batch.parts())
        self._add({"items": items, "steps": 1, "seconds": time.monotonic() - began})
        self.step = step + 1
        self.reporter.step(self.step, items)

    def _train_mode(self) -> None:
        """Train what learns; a frozen encoder answers as in use."""
        self.learner.train()
        if self.settings.frozen and isinstance(self.learner, EmbeddingLearner):
            self.learner.encoder.eval()

    def _count(self, figures: dict[str, Tensor]) -> None:
        values = {name: float(value) for name, value in figures.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise GemelError(
                f"The loss is not finite at step {self.step}. Lower training.learning_rate "
                f"(now {self.settings.learning_rate}) or set training.precision=float32."
            )
        self._add(values)

    def _add(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.running[name] = self.running.get(name, 0.0) + value

    def _validate(self) -> None:
        began = time.monotonic()
        steps, items, seconds = (self.running.pop(name) for name in ("steps", "items", "seconds"))
        metrics = {name: value / steps for name, value in self.running.items()}
        loss = metrics.pop("loss")
        accuracy, warnings = self.evaluate(self.average, metrics)
        self.running = {}
        self.seconds += seconds + time.monotonic() - began
        better = not self.history or accuracy > self.best_record.accuracy
        self.history.append(Record(self.step, loss, accuracy, items / max(seconds, 1e-9), self.seconds, metrics))
        if better:
            self.best = {name: value.clone() for name, value in self.average.state_dict().items()}
        self.reporter.record(self.history[-1], self.best_record)
        if self.step > self.settings.warmup * self.settings.steps:  # before, nothing can be learnt yet
            for text in warnings:
                self.reporter.say(f"warning: {text}")

    def _patience_is_over(self) -> bool:
        return bool(self.history) and (
            len(self.history) - 1 - self.history.index(self.best_record) >= self.settings.patience
        )

    def save(self) -> None:
        """Write a checkpoint of the state between two steps."""
        Checkpoint(
            self.step,
            self.learner.state_dict(),
            self.average.state_dict(),
            self.optimizer.state_dict(),
            self.best,
            [record.to_json() for record in self.history],
            self.running,
            self.recipe,
        ).write(self.run_folder)


def optimizer_of(learner: Learner, settings: Training) -> torch.optim.Optimizer:
    """Return the optimiser; weight decay spares biases, norms and other vectors."""
    matrices = [p for p in learner.parameters() if p.requires_grad and p.ndim > 1]
    vectors = [p for p in learner.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    if settings.optimizer == "sgd":
        momentum = settings.momentum
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=momentum, nesterov=momentum > 0)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
