from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from gemel.errors import GemelError, ModelError
from gemel.optimisers import CoordinatewiseLstm, MetaTrainer, MetaTraining, Problems, Quadratic, meta_training
from gemel.optimisers.descent import final_loss
from gemel.optimisers.meta_training import CHECKPOINT, segment
from gemel.randomness import seeded
from tests.reference.optimisers import truncated_objective

FAMILY = Quadratic(dimensions=3)
SETTINGS = MetaTraining(horizon=12, unroll=4, problems=6, learning_rate=0.01, validate_every=4)


def trainer(run: Path, settings: MetaTraining = SETTINGS) -> MetaTrainer:
    with seeded(settings.seed, "rule"):
        rule = CoordinatewiseLstm(hidden=5)
    return MetaTrainer(rule, FAMILY, FAMILY.draw(8, settings.seed, "validation"), settings, run)


def gradients(rule: CoordinatewiseLstm, objective: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(objective, list(rule.parameters())))


@pytest.mark.parametrize("first", [0, 4])
def test_a_segments_gradient_is_the_truncated_one(first: int) -> None:
    with seeded(0, "rule"):
        rule = CoordinatewiseLstm(hidden=5, p=None, scale=1.0)  # of large updates, so that every path matters
    problems = FAMILY.draw(6, 1)
    theta, state = problems.start, rule.start(problems.start)
    if first:
        _, theta, state = segment(rule, problems, theta, state, 0, first)
    objective, _, _ = segment(rule, problems, theta, state, first, 4)
    expected = gradients(rule, truncated_objective(rule, problems, first, 4, through=False))
    whole = gradients(rule, truncated_objective(rule, problems, first, 4, through=True))
    for found, one in zip(gradients(rule, objective), expected, strict=True):
        assert_close(found, one, rtol=1e-3, atol=1e-4)
    assert any(not torch.allclose(one, other, rtol=1e-2) for one, other in zip(expected, whole, strict=True))


def test_what_a_segment_hands_on_remembers_no_graph(tmp_path: Path) -> None:
    rule, problems = trainer(tmp_path).rule, FAMILY.draw(6, 1)
    objective, theta, state = segment(rule, problems, problems.start, rule.start(problems.start), 0, 4)
    assert objective.requires_grad
    assert not any(part.requires_grad for part in (theta, *state))
    assert all(float(part.abs().sum()) > 0 for part in state)


def test_a_descent_goes_on_over_its_segments_and_then_a_new_one_begins(tmp_path: Path) -> None:
    training = trainer(tmp_path)
    starts = []
    for _ in range(4):
        starts.append((training.problems, training.theta))
        training.advance()
    (first, _), (second, moved), (third, _), (fourth, start) = starts
    assert first is second is third
    assert not torch.equal(moved, first.start)
    assert torch.equal(fourth.matrix, FAMILY.draw(6, 0, "train", 1).matrix)
    assert torch.equal(start, fourth.start)


@pytest.mark.parametrize("stop", [3, 4, 5])
def test_resuming_gives_the_same_bits(tmp_path: Path, stop: int) -> None:
    whole, part, rest = trainer(tmp_path / "whole"), trainer(tmp_path / "part"), trainer(tmp_path / "part")
    whole.train(10)
    for _ in range(stop):
        part.advance()
        if part.step % SETTINGS.validate_every == 0:
            part._validate()
    part.save()
    rest.resume()
    assert rest.step == stop
    rest.train(10)
    assert rest.history == whole.history
    for mine, other in ((rest.rule, whole.rule), (rest.learned(), whole.learned())):
        assert all(torch.equal(a, b) for a, b in zip(mine.parameters(), other.parameters(), strict=True))


def test_the_best_validation_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training, losses, weights = trainer(tmp_path), iter([3.0, 1.0, float("inf"), 1.0]), []

    def scripted(problems: Problems, rule: CoordinatewiseLstm, steps: int) -> float:
        assert problems is training.validation
        weights.append(rule.output.weight.detach().clone())
        return next(losses)

    monkeypatch.setattr(meta_training, "final_loss", scripted)
    training.train(14)
    assert [record["step"] for record in training.history] == [4, 8, 12, 14]
    assert training.best_record == {"step": 8, "loss": 1.0}
    assert torch.equal(training.learned().output.weight, weights[1])
    assert not torch.equal(training.rule.output.weight, weights[1])


def test_one_that_was_interrupted_before_it_was_validated_may_end_there(tmp_path: Path) -> None:
    training, rest = trainer(tmp_path), trainer(tmp_path)
    for _ in range(3):
        training.advance()
    training.save()
    rest.resume()
    rest.train(2)
    assert rest.best_record["step"] == rest.step == 3
    assert torch.equal(rest.learned().output.weight, training.rule.output.weight)


def test_it_learns(tmp_path: Path) -> None:
    training = trainer(tmp_path)
    before = final_loss(training.validation, training.rule, 12)
    training.train(40)
    assert training.best_record["loss"] < 0.7 * before


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    trainer(tmp_path).train(3, lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_another_trainings_checkpoint_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path).save()
    with pytest.raises(ModelError, match="other settings"):
        trainer(tmp_path, MetaTraining(12, 4, 6, 0.02, 4)).resume()


def test_no_checkpoint_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    training = trainer(tmp_path)
    with pytest.raises(ModelError, match="does not exist"):
        training.resume()
    training.save()
    content = bytearray((tmp_path / CHECKPOINT).read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / CHECKPOINT).write_bytes(bytes(content))
    with pytest.raises(ModelError, match="damaged"):
        training.resume()


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path: Path) -> None:
    training = trainer(tmp_path)
    training.theta = torch.full_like(training.theta, torch.inf)
    with pytest.raises(GemelError, match="not finite at step 0"):
        training.advance()


@pytest.mark.parametrize(
    ("options", "words"),
    [({"unroll": 30}, "divide"), ({"problems": 0}, "above 0"), ({"learning_rate": 0.0}, "above 0")],
)
def test_settings_out_of_range_are_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MetaTraining(**options)  # type: ignore[arg-type]
