"""What every learner promises that changes its network for a support set."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gemel.assembly import assemble
from gemel.batches import Episode, Labelled, Tasks
from gemel.errors import DataError
from gemel.evaluation.episodes import accuracies
from gemel.learners import LEARNERS, Adaptive
from gemel.randomness import seeded, torch_generator
from gemel.recipes import Recipe
from tests.contracts.learning import characters, hand_over, learns_to_the_same_bits, loss_in_half_precision

WAYS, ITEMS, SIDE = 4, 5, 16

CASES: dict[str, dict[str, Any]] = {
    "maml": {"steps": 2},
    "maml-first-order": {"steps": 2, "order": 1},
    "maml-head": {"adapts": "head", "steps": 3},
    "maml-body": {"adapts": "body"},
    "maml-meta-sgd": {"rule": "per_number"},
    "maml-plus-plus": {"rule": "per_step", "multi_step": 20, "first_order_steps": 2, "batch_norm": "per_step"},
    "maml-per-step-alone": {"steps": 2, "batch_norm": "per_step", "transductive": False, "rate": 0.1},
    "maml-lstm": {"steps": 2, "order": 1, "rule": "lstm", "rate": 0.2},
    "maml-running": {"batch_norm": "running", "rate": 0.1},
    "maml-alone": {"transductive": False},
    "maml-together": {"together": 2},
    "imaml": {"steps": 3, "rounds": 2},
    "reptile": {"rate": 0.01, "test_steps": 5, "batch": 100},
}


def test_every_adaptive_learner_is_tried() -> None:
    assert {name.partition("-")[0] for name in CASES} == {
        name for name, kind in LEARNERS.items() if issubclass(kind, Adaptive)
    }


def recipe_of(case: str) -> Recipe:
    return Recipe.of(
        {
            "learner": {"name": case.partition("-")[0], "ways": WAYS, **CASES[case]},
            "encoder": {"name": "conv4", "filters": 8},
            "similarity": "cosine",
            "loss": "cross_entropy",
            "preprocessing": {"size": SIDE, "channels": 1},
        }
    )


def made(case: str) -> Adaptive:
    learner = assemble(recipe_of(case), channels=1, classes=1)
    assert isinstance(learner, Adaptive)
    return learner


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def learner(case: str) -> Adaptive:
    return made(case)


@pytest.fixture(scope="module")
def drawn() -> Labelled:
    """Return 4 made-up characters, drawn 5 times each: (20, 1, 16, 16)."""
    return characters(WAYS, ITEMS, SIDE)


def shots(batch: Labelled, first: int, last: int) -> Labelled:
    """Return each class's items from ``first`` up to ``last``."""
    numbers = (torch.arange(WAYS)[:, None] * ITEMS + torch.arange(first, last)).flatten()
    return Labelled(batch.items[numbers], batch.labels[numbers])


def episode(batch: Labelled) -> Episode:
    return Episode(shots(batch, 0, 1), shots(batch, 1, ITEMS))


def test_the_loss_is_one_finite_number_and_its_gradient_reaches_all_that_is_learnt(
    learner: Adaptive, drawn: Labelled
) -> None:
    step = learner(Tasks((episode(drawn), episode(drawn))))
    step.loss.backward()
    assert step.loss.shape == ()
    assert step.loss.isfinite()
    assert step.loss > 0
    assert 0 <= step.metrics["accuracy"] <= 1
    for parameter in learner.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    assert all(value.grad.abs().max() > 0 for value in learner.network.head.parameters())


def test_the_same_seed_gives_the_same_bits(case: str, drawn: Labelled) -> None:
    assert learns_to_the_same_bits(lambda: made(case), episode(drawn), "similarity.network.head.weight")


def test_half_precision_gives_a_loss_in_full(learner: Adaptive, drawn: Labelled) -> None:
    loss = loss_in_half_precision(learner, episode(drawn))
    assert loss.dtype == torch.float32
    assert loss.isfinite()


def test_batches_of_another_shape_are_refused(learner: Adaptive, drawn: Labelled) -> None:
    with pytest.raises(TypeError, match=f"{type(learner).__name__} trains on Tasks or Episode batches, not Labelled."):
        learner(drawn)


# Adapting to a support set


def test_answers_are_logits_of_the_support_s_classes(learner: Adaptive, drawn: Labelled) -> None:
    learner.eval()
    for ways in (2, WAYS):
        known = drawn.labels < ways
        classifier = learner.adapt(Labelled(drawn.items[known], drawn.labels[known]))
        scores = classifier.scores(drawn.items)
        assert scores.shape == (len(drawn.items), ways)
        assert scores.isfinite().all()
        assert not scores.requires_grad
        assert torch.equal(classifier.predict(drawn.items), scores.argmax(-1))
        assert classifier.scores(drawn.items[:0]).shape == (0, ways) or learner.transductive


def test_it_works_where_gradients_are_off_and_on_frozen_weights(learner: Adaptive, drawn: Labelled) -> None:
    learner.eval()
    support = shots(drawn, 0, 2)
    expected = learner.adapt(support).scores(drawn.items)
    learner.requires_grad_(False)
    with torch.inference_mode():
        rows = learner.embed(drawn.items)
        assert torch.equal(learner.adapt(support).scores(drawn.items), expected)
        scores = learner.class_scores(rows, learner.embed(support.items), support.labels, WAYS)
    torch.testing.assert_close(scores, expected)


def test_the_order_of_the_support_does_not_matter(learner: Adaptive, drawn: Labelled) -> None:
    learner.eval()
    support = shots(drawn, 0, 3)
    order = torch.randperm(len(support.items), generator=torch_generator(1, "order"))
    first = learner.adapt(support).scores(drawn.items)
    second = learner.adapt(Labelled(support.items[order], support.labels[order])).scores(drawn.items)
    torch.testing.assert_close(second, first, rtol=1e-2, atol=1e-2)  # log|g|, which an LSTM reads, magnifies rounding


def test_a_classifier_cannot_be_changed_and_changes_no_learner(learner: Adaptive, drawn: Labelled) -> None:
    learner.eval()
    before = copy.deepcopy(learner.state_dict())
    support = shots(drawn, 0, 2)
    support = Labelled(support.items.clone(), support.labels.clone())
    classifier = learner.adapt(support)
    scores = classifier.scores(drawn.items)
    support.items.zero_()
    support.labels.zero_()
    assert torch.equal(classifier.scores(drawn.items), scores)
    for field in dataclasses.fields(classifier):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(classifier, field.name, None)
    assert all(torch.equal(value, before[name]) for name, value in learner.state_dict().items())


def test_a_class_added_is_as_if_it_had_been_there(learner: Adaptive, drawn: Labelled) -> None:
    learner.eval()
    whole = shots(drawn, 0, 2)
    new = whole.labels == WAYS - 1
    before = learner.adapt(Labelled(whole.items[~new], whole.labels[~new]))
    grown = before.add_class(whole.items[new])
    torch.testing.assert_close(
        grown.scores(drawn.items), learner.adapt(whole).scores(drawn.items), rtol=1e-3, atol=1e-3
    )
    assert before.scores(drawn.items).shape[1] == WAYS - 1
    with pytest.raises(ValueError, match="give at least one"):
        grown.add_class(whole.items[:0])
    with pytest.raises(DataError, match=f"tells {WAYS} classes at most from each other, and {WAYS + 1} came"):
        grown.add_class(whole.items[:1])


@pytest.mark.parametrize("count", [1, 3])
def test_a_classifier_agrees_with_the_fast_episodes(learner: Adaptive, drawn: Labelled, count: int) -> None:
    learner.eval()
    numbers = torch.arange(WAYS)[:, None] * ITEMS + torch.arange(ITEMS)  # (N, K + Q)
    query = shots(drawn, count, ITEMS)
    predicted = learner.adapt(shots(drawn, 0, count)).predict(query.items)
    slow = float((predicted == query.labels).double().mean())
    support, queries = numbers[None, :, :count].numpy(), numbers[None, :, count:].numpy()
    fast = accuracies(learner.embed(drawn.items), learner, support, queries)
    np.testing.assert_allclose(fast, [slow])


# Two items by themselves


def test_pairs_are_compared_by_the_network_as_it_is(learner: Adaptive, drawn: Labelled) -> None:
    learner.eval()
    a, b = drawn.items, drawn.items.flip(0)
    with torch.no_grad():
        assert torch.equal(learner.score(a, b), learner.score(b, a))
        assert torch.equal(learner.score(a, a), torch.as_tensor(learner.similarity.highest).expand(len(a)))
        seen = [learner.network.encoder(part) for part in (a, b)]
        torch.testing.assert_close(learner.score(a, b), torch.cosine_similarity(*seen), rtol=1e-4, atol=1e-4)
        rows = learner.embed(drawn.items)
        torch.testing.assert_close(learner.similarity.matrix(rows, rows).diagonal(), learner.score(a, a))


# Its state


def test_a_saved_and_loaded_learner_is_the_same_to_the_bit(case: str, drawn: Labelled, tmp_path: Path) -> None:
    learner, other = made(case), made(case)
    learner(episode(drawn))  # moves the batch norms' statistics
    hand_over(learner, other, tmp_path / "state")
    support = shots(drawn, 0, 1)
    assert torch.equal(other.adapt(support).scores(drawn.items), learner.adapt(support).scores(drawn.items))


def test_forty_steps_teach_something(case: str, drawn: Labelled) -> None:
    learner = made(case)
    optimizer = torch.optim.AdamW(learner.parameters(), 5e-3)
    losses = []
    for step in range(40):
        shuffled = torch.randperm(WAYS, generator=torch_generator(0, "classes", step))
        task = episode(Labelled(drawn.items.view(WAYS, ITEMS, 1, SIDE, SIDE)[shuffled].flatten(0, 1), drawn.labels))
        with seeded(0, "step", step):
            result = learner(task)
            optimizer.zero_grad()
            result.loss.backward()
        optimizer.step()
        losses.append(result.loss.item())
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


# Numbers instead of classes


def regression(case: str) -> Adaptive:
    learner = assemble(
        Recipe.of(
            {
                "learner": {"name": case.partition("-")[0], **CASES[case], "rate": 0.02},
                "encoder": {"name": "mlp", "dimensions": 8},
                "similarity": "cosine",
                "loss": "squared_error",
                "preprocessing": {"size": 1, "channels": 1},
            }
        ),
        channels=1,
        classes=1,
    )
    assert isinstance(learner, Adaptive)
    return learner


def line(seed: int, count: int = 6) -> Labelled:
    x = torch.randn(count, 1, 1, 1, generator=torch_generator(seed, "x"))
    return Labelled(x, 2 * x.flatten() - 1)


def test_numbers_are_told_as_well(case: str) -> None:
    learner = regression(case)
    with seeded(0, "step"):
        step = learner(Tasks((Episode(line(0), line(1)), Episode(line(2), line(3)))))
    step.loss.backward()
    assert learner.network.head.out_features == 1
    assert step.metrics.keys() == {"squared_error"}
    assert 0 < step.metrics["squared_error"] < 100
    for parameter in learner.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


def test_a_path_leads_from_the_network_to_the_support(case: str) -> None:
    learner, support = regression(case).eval(), line(4)
    path = list(learner.path(support, 5))
    assert len(path) == 6
    assert all(torch.equal(path[0][name], value) for name, value in learner.numbers().items())
    with torch.no_grad():
        told = [learner.functions[False](numbers, support.items) for numbers in path]
        errors = [float(learner.loss(outputs, support.labels)) for outputs in told]
    assert errors[-1] < errors[0]
    with pytest.raises(DataError, match="SquaredError is of numbers, and no classifier comes of it"):
        learner.adapt(support)
