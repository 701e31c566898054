from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from gemel.batches import Batch
from gemel.data.augmentation import Augmentation
from gemel.errors import GemelError, ModelError, RecipeError
from gemel.learners import Learner, Step
from gemel.recipes import Recipe
from gemel.training.checkpoint import Checkpoint
from gemel.training.progress import Record, Reporter, Silent
from gemel.training.trainer import Trainer, TrainingInterrupted, optimizer_of
from gemel.workflows.preparing import Prepared
from tests.training.tiny import prepared_glyphs, same_state, tiny, trainer_in, untimed

RECIPES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "augmented": ("augmentation={rotate: 20, elastic: 0.05, noise: 0.1}", "encoder.dropout=0.3", "data.rotations=true"),
    "half precision": ("training.precision=bf16",),
    "descent": ("training.optimizer=sgd", "training.average=0"),
    "center": ("loss=center",),
    "siamese": ("learner=siamese", "loss=contrastive", "similarity=euclidean", "sampler={name: pairs, pairs: 8}"),
    "koch": ("learner=siamese", "loss=binary_cross_entropy", "similarity=weighted_l1", "sampler=class_items"),
    "adapting": (
        "method=maml++",
        "preprocessing.size=20",
        "encoder={name: conv4, filters: 4}",
        "learner={name: maml, ways: 3, rule: per_step, multi_step: 9, first_order_steps: 6, batch_norm: per_step}",
        "sampler={name: tasks, tasks: 2, ways: 3, queries: 1}",
        "validation={ways: 3, queries: 2, episodes: 10}",
    ),
    "drawing": (
        "learner=triplet",
        "loss={name: triplet, margin: 0.2}",
        "sampler={name: class_items, classes: 4, items: 3}",
        "miner={name: distance_weighted, distance: cosine}",
    ),
}


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepared_glyphs()


class Watching(Silent):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []
        self.steps: list[int] = []
        self.items = 0
        self.records: list[Record] = []
        self.bests: list[Record] = []
        self.said: list[str] = []
        self.ended = 0

    def begin(self, step: int, steps: int) -> None:
        self.begun.append((step, steps))

    def step(self, step: int, items: int) -> None:
        self.steps.append(step)
        self.items += items

    def record(self, record: Record, best: Record) -> None:
        self.records.append(record)
        self.bests.append(best)

    def say(self, text: str) -> None:
        self.said.append(text)

    def end(self) -> None:
        self.ended += 1


class Signalling(Silent):
    """Sends this process a signal when given steps are done."""

    def __init__(self, *steps: int, number: int = signal.SIGINT) -> None:
        self.at = steps
        self.number = number

    def step(self, step: int, items: int) -> None:
        for _ in range(self.at.count(step)):
            os.kill(os.getpid(), self.number)


# The same bits


@pytest.mark.parametrize("name", RECIPES)
def test_interrupted_and_resumed_is_uninterrupted_to_the_bit(name: str, prepared: Prepared, tmp_path: Path) -> None:
    recipe = tiny(*RECIPES[name])
    whole = trainer_in(tmp_path / "whole", prepared, recipe)
    history = whole.train()

    for stop in (3, 12, 17):
        trainer = trainer_in(tmp_path / "cut", prepared, recipe, Signalling(stop))
        if stop > 3:
            trainer.resume()
        with pytest.raises(TrainingInterrupted):
            trainer.train()
        assert trainer.step == stop
    last = trainer_in(tmp_path / "cut", prepared, recipe)
    last.resume()
    assert untimed(last.train()) == untimed(history)
    assert [record.step for record in history] == [6, 12, 18, 20]
    assert same_state(last.learner.state_dict(), whole.learner.state_dict())
    assert same_state(last.average.state_dict(), whole.average.state_dict())


def test_two_runs_of_one_seed_give_the_same_bits_and_another_seed_others(prepared: Prepared, tmp_path: Path) -> None:
    def run(folder: str, seed: int) -> Trainer:
        trainer = trainer_in(tmp_path / folder, prepared, tiny("training.steps=7", f"training.seed={seed}"))
        trainer.train()
        return trainer

    first, second, other = run("first", 1), run("second", 1), run("other", 2)
    assert same_state(first.learner.state_dict(), second.learner.state_dict())
    assert untimed(first.history) == untimed(second.history)
    assert not same_state(first.learner.state_dict(), other.learner.state_dict())


def test_training_leaves_the_global_generator_alone(prepared: Prepared, tmp_path: Path) -> None:
    recipe = tiny(*RECIPES["augmented"], "training.steps=2")
    before = torch.get_rng_state()
    trainer_in(tmp_path, prepared, recipe).train()
    assert torch.equal(torch.get_rng_state(), before)


def test_any_step_s_batch_can_be_made_again(prepared: Prepared, tmp_path: Path) -> None:
    trainer = trainer_in(tmp_path, prepared, tiny(*RECIPES["augmented"]))
    first, _, again = (trainer.feed.batch(step).parts()[0] for step in (4, 9, 4))
    assert torch.equal(first, again)


# Interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_between_two_steps_with_a_checkpoint(
    number: signal.Signals, prepared: Prepared, tmp_path: Path
) -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    reporter = Signalling(5, number=number)
    trainer = trainer_in(tmp_path, prepared, tiny(), reporter)
    with pytest.raises(TrainingInterrupted):
        trainer.train()
    saved = Checkpoint.read(tmp_path)
    assert saved.step == 5
    assert same_state(saved.learner, trainer.learner.state_dict())
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_a_second_interrupt_stops_at_once(prepared: Prepared, tmp_path: Path) -> None:
    trainer = trainer_in(tmp_path, prepared, tiny(), Signalling(5, 5))
    with pytest.raises(KeyboardInterrupt) as caught:
        trainer.train()
    assert not isinstance(caught.value, TrainingInterrupted)
    assert trainer.step == 5
    assert Checkpoint.read(tmp_path).step == 0


def test_a_finished_training_resumes_to_its_end(prepared: Prepared, tmp_path: Path) -> None:
    whole = trainer_in(tmp_path, prepared, tiny("training.steps=8"))
    history = whole.train()
    again = trainer_in(tmp_path, prepared, tiny("training.steps=8"))
    again.resume()
    assert again.train() == history
    assert same_state(again.learner.state_dict(), whole.learner.state_dict())


def test_resuming_asks_for_the_same_recipe_and_data(prepared: Prepared, tmp_path: Path) -> None:
    trainer_in(tmp_path, prepared, tiny("training.steps=1")).train()
    other = Prepared(prepared.dataset, prepared.split, prepared.preprocessing, "other data")
    for trainer in (
        trainer_in(tmp_path, prepared, tiny("training.steps=1", "encoder.dimensions=8")),
        trainer_in(tmp_path, other, tiny("training.steps=1")),
    ):
        with pytest.raises(ModelError) as error:
            trainer.resume()
        assert str(error.value) == (
            f"The checkpoint in {tmp_path} is of another recipe or other data; resume with the same ones, or train "
            "into a new folder."
        )


# Which weights are kept, and when it stops


def scripted(
    run: Path, prepared: Prepared, recipe: Recipe, accuracies: list[float], reporter: Reporter | None = None
) -> tuple[Trainer, list[dict[str, torch.Tensor]]]:
    """Return a trainer whose validations find these accuracies, and the weights that each has seen."""
    trainer, seen = trainer_in(run, prepared, recipe, reporter), list[dict[str, torch.Tensor]]()
    left = iter(accuracies)

    def evaluate(learner: Learner, metrics: dict[str, float]) -> tuple[float, list[str]]:
        seen.append({name: value.clone() for name, value in learner.state_dict().items()})
        return next(left), ["All is lost."]

    trainer.evaluate = evaluate
    return trainer, seen


def test_it_stops_when_patience_is_over_and_keeps_the_best(prepared: Prepared, tmp_path: Path) -> None:
    recipe = tiny("training.steps=40", "training.validate_every=2", "training.patience=3")
    reporter = Watching()
    trainer, seen = scripted(tmp_path, prepared, recipe, [0.2, 0.5, 0.4, 0.5, 0.3], reporter)
    history = trainer.train()
    assert [record.step for record in history] == [2, 4, 6, 8, 10]
    assert trainer.best_record.step == 4
    assert same_state(trainer.learner.state_dict(), seen[1])
    assert not same_state(trainer.learner.state_dict(), seen[3])
    assert [best.step for best in reporter.bests] == [2, 4, 4, 4, 4]

    again, seen = scripted(tmp_path, prepared, recipe, [])
    again.resume()
    assert again.train() == history
    assert same_state(again.learner.state_dict(), trainer.learner.state_dict())


def test_patience_starts_anew_with_each_better_accuracy(prepared: Prepared, tmp_path: Path) -> None:
    recipe = tiny("training.steps=12", "training.validate_every=2", "training.patience=2")
    trainer, _ = scripted(tmp_path, prepared, recipe, [0.1, 0.0, 0.2, 0.0, 0.3, 0.0])
    assert trainer.train()[-1].step == 12


def test_a_rate_of_nothing_learnt_is_still_a_best(prepared: Prepared, tmp_path: Path) -> None:
    trainer, seen = scripted(tmp_path, prepared, tiny("training.steps=6"), [0.0])
    trainer.train()
    assert same_state(trainer.learner.state_dict(), seen[0])


def test_warnings_wait_until_the_warm_up_is_over(prepared: Prepared, tmp_path: Path) -> None:
    reporter = Watching()
    recipe = tiny("training.steps=20", "training.validate_every=4", "training.warmup=0.4")
    trainer, _ = scripted(tmp_path, prepared, recipe, [0.1] * 5, reporter)
    trainer.train()
    assert reporter.said == ["warning: All is lost."] * 3  # at steps 12, 16 and 20, not at 4 and 8


# What is told


def test_the_reporter_hears_every_step_and_validation(prepared: Prepared, tmp_path: Path) -> None:
    reporter = Watching()
    history = trainer_in(tmp_path, prepared, tiny(), reporter).train()
    assert reporter.begun == [(0, 20)]
    assert reporter.steps == list(range(1, 21))
    assert reporter.items == 20 * 12
    assert reporter.records == history
    assert reporter.ended == 1
    for record in history:
        assert 0 <= record.accuracy <= 1
        assert record.items_per_second > 0
    assert all(a.seconds < b.seconds for a, b in pairwise(history))


def test_what_a_learner_chose_is_said_once(prepared: Prepared, tmp_path: Path) -> None:
    for name, said in (("adapting", ["tasks: one after another"]), ("plain", [])):
        reporter = Watching()
        trainer = trainer_in(tmp_path / name, prepared, tiny(*RECIPES[name], "training.steps=2"), reporter)
        trainer.train()
        assert [text for text in reporter.said if not text.startswith("warning: ")] == said


def test_the_rate_counts_interrupted_steps_with_their_time(prepared: Prepared, tmp_path: Path) -> None:
    with pytest.raises(TrainingInterrupted):
        trainer_in(tmp_path, prepared, tiny("training.validate_every=20"), Signalling(18)).train()
    trainer = trainer_in(tmp_path, prepared, tiny("training.validate_every=20"))
    trainer.resume()
    spent = trainer.running["seconds"]
    assert spent > 0
    (record,) = trainer.train()
    assert record.seconds > spent
    assert record.items_per_second < 20 * 12 / spent


def test_the_recorded_loss_is_the_mean_over_the_steps_since_the_last(prepared: Prepared, tmp_path: Path) -> None:
    losses: list[float] = []
    trainer = trainer_in(tmp_path, prepared, tiny("training.steps=8", "training.validate_every=4"))
    forward = trainer.learner.forward

    def noting(batch: Batch) -> Step:
        step = forward(batch)
        losses.append(step.loss.item())
        return step

    trainer.learner.forward = noting  # type: ignore[method-assign]
    first, second = trainer.train()
    assert first.loss == pytest.approx(sum(losses[:4]) / 4)
    assert second.loss == pytest.approx(sum(losses[4:]) / 4)


def broken(learner: Learner, value: float, calls: int) -> Callable[[Batch], Step]:
    """Return the learner's forward, its loss multiplied by ``value`` from the given call on."""
    forward, seen = learner.forward, [0]

    def spoilt(batch: Batch) -> Step:
        seen[0] += 1
        step = forward(batch)
        return Step(step.loss * (value if seen[0] > calls else 1.0))

    return spoilt


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_a_clear_error(value: float, prepared: Prepared, tmp_path: Path) -> None:
    reporter = Watching()
    trainer = trainer_in(tmp_path, prepared, tiny(), reporter)
    trainer.learner.forward = broken(trainer.learner, value, 7)  # type: ignore[method-assign]
    with pytest.raises(GemelError) as error:
        trainer.train()
    assert str(error.value) == (
        "The loss is not finite at step 7. Lower training.learning_rate (now 0.002) or set training.precision=float32."
    )
    assert reporter.ended == 1
    saved = Checkpoint.read(tmp_path)
    assert saved.step == 6
    assert all(value.isfinite().all() for value in saved.learner.values())


# What it is made of


def test_weight_decay_spares_vectors(prepared: Prepared, tmp_path: Path) -> None:
    recipe = tiny("training.weight_decay=0.1")
    trainer = trainer_in(tmp_path, prepared, recipe)
    matrices, vectors = optimizer_of(trainer.learner, recipe.training).param_groups
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.1, 0.0)
    assert all(parameter.ndim > 1 for parameter in matrices["params"])
    assert all(parameter.ndim <= 1 for parameter in vectors["params"])
    assert len(matrices["params"]) + len(vectors["params"]) == len(list(trainer.learner.parameters()))


def test_gradients_are_clipped(prepared: Prepared, tmp_path: Path) -> None:
    def moved(clip: float) -> float:
        recipe = tiny("training.optimizer=sgd", "training.warmup=0", "training.weight_decay=0", f"training.clip={clip}")
        trainer = trainer_in(tmp_path, prepared, recipe)
        before = [parameter.detach().clone() for parameter in trainer.learner.parameters()]
        trainer.advance()
        rate = trainer.optimizer.param_groups[0]["lr"] * 1.9  # Nesterov's first step
        after = trainer.learner.parameters()
        return float(torch.cat([(b - a).flatten() for a, b in zip(before, after, strict=True)]).norm().detach() / rate)

    assert moved(1e-3) == pytest.approx(1e-3, rel=1e-2)
    assert moved(1e6) > 0.1


def test_normalised_items_reach_the_learner_in_every_shape(prepared: Prepared, tmp_path: Path) -> None:
    trainer = trainer_in(tmp_path, prepared, tiny(*RECIPES["siamese"]))
    indices = trainer.feed.sampler.batch(3)
    expected = prepared.preprocessing.normalise(prepared.train.items(indices.parts()[0]))
    torch.testing.assert_close(trainer.feed.batch(3).parts()[0], expected)
    assert trainer.feed.augmentation == Augmentation()


@pytest.mark.parametrize("name", ["cuda:99", "toaster"])
def test_an_absent_device_is_a_clear_error(name: str, prepared: Prepared, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as error:
        trainer_in(tmp_path, prepared, tiny(f"training.device={name}"))
    assert str(error.value) == f"No device '{name}' on this machine; use auto or cpu."
