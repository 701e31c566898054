"""What every registered learner promises."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gemel.assembly import assemble
from gemel.batches import Batch, Episode, Labelled, Pairs, Tasks, Triplets
from gemel.evaluation.episodes import accuracies
from gemel.learners import LEARNERS, Adaptive, EmbeddingLearner
from gemel.randomness import seeded, torch_generator
from gemel.recipes import Recipe
from tests.contracts.learning import characters, hand_over, learns_to_the_same_bits, loss_in_half_precision

CLASSES, ITEMS, DIMENSIONS = 8, 6, 16

CASES: dict[str, dict[str, Any]] = {
    "siamese": {"similarity": "euclidean", "loss": "contrastive"},
    "siamese-active": {"similarity": "cosine", "loss": {"name": "contrastive", "margin": 0.5}, "active_only": True},
    "siamese-koch": {"similarity": "weighted_l1", "loss": "binary_cross_entropy"},
    "triplet": {"similarity": "euclidean", "loss": "triplet"},
    "triplet-all": {"similarity": "squared_euclidean", "loss": {"name": "triplet", "form": "soft"}, "miner": "all"},
    "triplet-hard": {"similarity": "cosine", "loss": {"name": "triplet", "margin": 0.2}, "miner": "hard"},
    "triplet-weighted": {
        "similarity": "cosine",
        "loss": {"name": "triplet", "margin": 0.2},
        "miner": {"name": "distance_weighted", "distance": "cosine"},
    },
    "classification": {"similarity": "cosine", "loss": "margin_softmax"},
    "classification-softmax": {"similarity": "exp_manhattan", "loss": "softmax"},
    "classification-center": {"similarity": "euclidean", "loss": {"name": "center", "weight": 0.1}},
    "baseline": {"similarity": "euclidean", "loss": "softmax"},
    "baseline-cosine": {"similarity": "cosine", "loss": "softmax", "head": "cosine", "scale": 100.0},
    "simpleshot": {"similarity": "euclidean", "loss": "softmax"},
    "whitened": {"similarity": "cosine", "loss": "margin_softmax"},
    "transductive": {"similarity": "cosine", "loss": "margin_softmax"},
    "feat": {"similarity": "squared_euclidean", "loss": "cross_entropy", "scale": 0.5},
    "feat-contrast": {"similarity": "squared_euclidean", "loss": "cross_entropy", "scale": 0.5, "contrast": 0.1},
    "episodic": {"similarity": "squared_euclidean", "loss": "cross_entropy"},
    "episodic-cosine": {"similarity": "cosine", "loss": "cross_entropy", "scale": 10.0},
    "episodic-relation": {"similarity": "relation", "loss": "mean_squared_error"},
    "matching": {"similarity": "cosine", "loss": "cross_entropy", "scale": 10.0},
    "matching-full": {"similarity": "cosine", "loss": "cross_entropy", "scale": 10.0, "context": "full"},
    "snail": {"similarity": "euclidean", "loss": "cross_entropy", "ways": CLASSES},
    "mann": {"similarity": "euclidean", "loss": "cross_entropy", "ways": CLASSES, "slots": 16, "width": 8, "units": 64},
}
#: Options of the learner itself, among those above.
OWN = ("active_only", "scale", "context", "head", "contrast", "ways", "slots", "width", "units")


def test_every_registered_learner_is_tried() -> None:
    assert {name.partition("-")[0] for name in CASES} == {
        n for n, kind in LEARNERS.items() if not issubclass(kind, Adaptive)
    }


def recipe_of(case: str) -> Recipe:
    parts = dict(CASES[case])
    learner = {"name": case.partition("-")[0], **{key: parts.pop(key) for key in OWN if key in parts}}
    encoder = {"name": "residual", "dimensions": DIMENSIONS, "widths": [8, 16], "stem_stride": 2}
    return Recipe.of({"learner": learner, "encoder": encoder, **parts})


def made(case: str) -> EmbeddingLearner:
    return assemble(recipe_of(case), channels=1, classes=CLASSES)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def learner(case: str) -> EmbeddingLearner:
    return made(case)


@pytest.fixture(scope="module")
def drawn() -> Labelled:
    """Return 8 made-up characters, drawn 6 times each: (48, 1, 20, 20)."""
    return characters(CLASSES, ITEMS, 20)


def noise(count: int, height: int = 28, width: int = 28) -> Tensor:
    return torch.randn(count, 1, height, width, generator=torch_generator(0, "items", height, width))


def chosen(batch: Labelled, numbers: Tensor) -> Labelled:
    return Labelled(batch.items[numbers], batch.labels[numbers])


def pairs_of(batch: Labelled) -> Pairs:
    left, right = torch.triu_indices(len(batch.items), len(batch.items), offset=1)
    return Pairs(batch.items[left], batch.items[right], (batch.labels[left] == batch.labels[right]).long())


def triplets_of(batch: Labelled) -> Triplets:
    first = torch.arange(CLASSES) * ITEMS
    return Triplets(batch.items[first], batch.items[first + 1], batch.items[first.roll(1)])


def episode_of(batch: Labelled) -> Episode:
    """Return an episode with the first item of each class for support; the others, if there are any, ask."""
    classes, labels = batch.labels.unique(return_inverse=True)
    first = torch.stack([(labels == number).nonzero()[0, 0] for number in range(len(classes))])
    rest = torch.ones(len(labels)).index_fill(0, first, 0).nonzero().flatten()
    numbered = Labelled(batch.items, labels)
    return Episode(chosen(numbered, first), chosen(numbered, rest if len(rest) else first))


def taken(learner: EmbeddingLearner, batch: Labelled) -> Batch:
    """Return the items in a shape that the learner trains on."""
    return batch if Labelled in learner.batches else episode_of(batch)


def shuffled(batch: Batch) -> Batch:
    """Return the batch in another order, an episode's support and queries each for itself."""
    if isinstance(batch, Episode):
        return Episode(mixed(batch.support), mixed(batch.query))
    assert isinstance(batch, Labelled)
    return mixed(batch)


def mixed(batch: Labelled) -> Labelled:
    return chosen(batch, torch.randperm(len(batch.items), generator=torch_generator(0, "order")))


def test_the_loss_is_one_finite_number_and_its_gradient_reaches_the_whole_encoder(
    learner: EmbeddingLearner, drawn: Labelled
) -> None:
    step = learner(taken(learner, drawn))
    step.loss.backward()
    assert step.loss.shape == ()
    assert step.loss.isfinite()
    assert step.loss > 0
    for figure in step.metrics.values():
        assert figure.shape == ()
        assert figure.isfinite()
        assert not figure.requires_grad
    for parameter in learner.encoder.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    for module in (learner.encoder.body[0][0], learner.encoder.head):
        assert module.weight.grad.abs().max() > 0


def test_one_class_or_one_item_a_class_is_no_reason_to_break(learner: EmbeddingLearner, drawn: Labelled) -> None:
    learner.eval()  # a batch norm of few items tells nothing
    for numbers in (torch.arange(ITEMS), torch.arange(0, len(drawn.items), ITEMS), torch.tensor([0, 1])):
        step = copy.deepcopy(learner)(taken(learner, chosen(drawn, numbers)))
        assert step.loss.isfinite()
        assert all(figure.isfinite() for figure in step.metrics.values())


@pytest.mark.parametrize("case", [name for name in CASES if name != "triplet-weighted"])  # which draws by place
def test_the_order_of_a_batch_does_not_matter(case: str, drawn: Labelled) -> None:
    learner = made(case).eval()
    batch = taken(learner, drawn)
    with torch.no_grad():
        first, second = learner(batch).loss, learner(shuffled(batch)).loss
    torch.testing.assert_close(second, first, rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_bits(case: str, learner: EmbeddingLearner, drawn: Labelled) -> None:
    assert learns_to_the_same_bits(lambda: made(case), taken(learner, drawn), "encoder.head.weight")


def test_score_is_symmetric_and_highest_for_an_item_with_itself(learner: EmbeddingLearner) -> None:
    learner.eval()
    a, b = noise(12), noise(12).flip(0)
    with torch.no_grad():
        assert torch.equal(learner.score(a, b), learner.score(b, a))
        itself = learner.score(a, a)
        assert torch.equal(itself, torch.as_tensor(learner.similarity.highest).expand(12))
        assert (learner.score(a, b) <= itself).all()


def test_embed_gives_one_finite_row_an_item_at_any_size(learner: EmbeddingLearner) -> None:
    learner.eval()
    for size in ((28, 28), (20, 33), (64, 40), (8, 8)):
        with torch.no_grad():
            embeddings = learner.embed(noise(3, *size))
        assert embeddings.shape == (3, DIMENSIONS)
        assert embeddings.dtype == torch.float32
        assert embeddings.isfinite().all()


def test_training_takes_any_size(learner: EmbeddingLearner) -> None:
    labels = torch.arange(6) // 2
    for size in ((20, 33), (16, 16)):
        step = learner(taken(learner, Labelled(noise(6, *size), labels)))
        step.loss.backward()
        assert step.loss.isfinite()


def test_half_precision_gives_a_loss_in_full(learner: EmbeddingLearner, drawn: Labelled) -> None:
    loss = loss_in_half_precision(learner, taken(learner, drawn))
    assert loss.dtype == torch.float32
    assert loss.isfinite()


# Adapting to a support set


def support_of(drawn: Labelled, shots: int) -> Labelled:
    return chosen(drawn, (torch.arange(CLASSES)[:, None] * ITEMS + torch.arange(shots)).flatten())


def test_a_classifier_predicts_a_class_of_its_support(learner: EmbeddingLearner, drawn: Labelled) -> None:
    learner.eval()
    with torch.no_grad():
        classifier = learner.adapt(support_of(drawn, 2))
        scores, predicted = classifier.scores(drawn.items), classifier.predict(drawn.items)
    assert scores.shape == (len(drawn.items), CLASSES)
    assert scores.isfinite().all()
    assert predicted.shape == (len(drawn.items),)
    assert ((predicted >= 0) & (predicted < CLASSES)).all()
    assert torch.equal(predicted, scores.argmax(-1))


# An item is another thing to these as a query than as support.
@pytest.mark.parametrize("case", [name for name in CASES if name not in ("matching-full", "snail", "mann")])
def test_one_shot_recognises_the_support_itself(case: str, drawn: Labelled) -> None:
    learner = made(case).eval()
    support = support_of(drawn, 1)
    with torch.no_grad():
        assert torch.equal(learner.adapt(support).predict(support.items), support.labels)


def test_the_order_of_the_support_does_not_matter(learner: EmbeddingLearner, drawn: Labelled) -> None:
    learner.eval()
    support = support_of(drawn, 3)
    order = torch.randperm(len(support.items), generator=torch_generator(1, "order"))
    with torch.no_grad():
        first = learner.adapt(support).scores(drawn.items)
        second = learner.adapt(chosen(support, order)).scores(drawn.items)
    torch.testing.assert_close(second, first, rtol=1e-4, atol=1e-4)


def test_a_classifier_cannot_be_changed_and_changes_no_learner(learner: EmbeddingLearner, drawn: Labelled) -> None:
    learner.eval()
    before = copy.deepcopy(learner.state_dict())
    support = support_of(drawn, 2)
    support = Labelled(support.items.clone(), support.labels.clone())
    with torch.no_grad():
        classifier = learner.adapt(support)
        scores = classifier.scores(drawn.items)
        support.items.zero_()
        support.labels.zero_()
        assert torch.equal(classifier.scores(drawn.items), scores)
    for field in dataclasses.fields(classifier):  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(classifier, field.name, None)
    assert all(torch.equal(value, before[name]) for name, value in learner.state_dict().items())


def test_a_class_added_is_as_if_it_had_been_there(learner: EmbeddingLearner, drawn: Labelled) -> None:
    learner.eval()
    whole = support_of(drawn, 2)
    known, last = (
        chosen(whole, torch.nonzero((whole.labels == CLASSES - 1) == new).flatten()) for new in (False, True)
    )
    with torch.no_grad():
        before = learner.adapt(known)
        grown = before.add_class(last.items)
        torch.testing.assert_close(
            grown.scores(drawn.items), learner.adapt(whole).scores(drawn.items), rtol=1e-3, atol=1e-3
        )
        assert before.scores(drawn.items).shape[1] == CLASSES - 1
    with pytest.raises(ValueError, match="give at least one"):
        grown.add_class(last.items[:0])


@pytest.mark.parametrize("shots", [1, 3])
def test_a_classifier_agrees_with_the_fast_episodes(learner: EmbeddingLearner, drawn: Labelled, shots: int) -> None:
    learner.eval()
    numbers = torch.arange(CLASSES)[:, None] * ITEMS + torch.arange(ITEMS)  # (N, K + Q)
    query = chosen(drawn, numbers[:, shots:].flatten())
    with torch.no_grad():
        predicted = learner.adapt(support_of(drawn, shots)).predict(query.items)
        embeddings = learner.embed(drawn.items)
    slow = float((predicted == query.labels).double().mean())
    support, queries = numbers[None, :, :shots].numpy(), numbers[None, :, shots:].numpy()
    with torch.no_grad():
        fast = accuracies(embeddings, learner, support, queries)
    np.testing.assert_allclose(fast, [slow])


# What it trains on


TAKEN = {
    "siamese": (Labelled, Pairs),
    "triplet": (Labelled, Triplets),
    "classification": (Labelled,),
    "baseline": (Labelled,),
    "simpleshot": (Labelled,),
    "whitened": (Labelled,),
    "transductive": (Labelled,),
    "feat": (Episode,),
    "episodic": (Episode,),
    "matching": (Episode,),
    "snail": (Episode, Tasks),
    "mann": (Episode, Tasks),
}
REFUSED = {
    "siamese": "Siamese trains on Pairs or Labelled batches, not {}.",
    "triplet": "Triplet trains on Triplets or Labelled batches, not {}.",
    "classification": "Classification trains on Labelled batches, not {}.",
    "baseline": "Baseline trains on Labelled batches, not {}.",
    "simpleshot": "SimpleShot trains on Labelled batches, not {}.",
    "transductive": "Transductive trains on Labelled batches, not {}.",
    "whitened": "Whitened trains on Labelled batches, not {}.",
    "feat": "FEAT trains on Episode batches, not {}.",
    "episodic": "Episodic trains on Episode batches, not {}.",
    "matching": "Matching trains on Episode batches, not {}.",
    "snail": "SNAIL trains on Tasks or Episode batches, not {}.",
    "mann": "MANN trains on Tasks or Episode batches, not {}.",
}


def test_a_learner_takes_its_shapes_and_clearly_refuses_others(
    case: str, learner: EmbeddingLearner, drawn: Labelled
) -> None:
    name = case.partition("-")[0]
    some = chosen(drawn, torch.arange(0, len(drawn.items), 2))
    episode = Episode(drawn, drawn)
    batches: list[Batch] = [drawn, pairs_of(some), triplets_of(drawn), episode, Tasks((episode, episode))]
    for batch in batches:
        if isinstance(batch, TAKEN[name]):
            assert learner(batch).loss.isfinite()
        else:
            with pytest.raises(TypeError) as error:
                learner(batch)
            assert str(error.value) == REFUSED[name].format(type(batch).__name__)


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("siamese")])
def test_all_pairs_of_a_batch_cost_what_the_pairs_cost_one_by_one(case: str, drawn: Labelled) -> None:
    learner = made(case).eval()
    with torch.no_grad():
        together, apart = learner(drawn).loss, learner(pairs_of(drawn)).loss
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-6)


def test_a_single_pair_has_figures(drawn: Labelled) -> None:
    learner = made("siamese").eval()
    step = learner(Pairs(drawn.items[:1], drawn.items[1:2], torch.ones(1).long()))
    assert step.loss.isfinite()
    assert {name: float(value) for name, value in step.metrics.items()} == {"active": 1.0, "spread": 0.0}


# Its state


def test_a_saved_and_loaded_learner_is_the_same_to_the_bit(
    case: str, learner: EmbeddingLearner, drawn: Labelled, tmp_path: Path
) -> None:
    learner(taken(learner, drawn))  # moves the batch norms' statistics
    other = made(case)
    hand_over(learner, other, tmp_path / "state")
    with torch.no_grad(), seeded(0, "drawing"):
        first = learner(taken(learner, drawn)).loss
    with torch.no_grad(), seeded(0, "drawing"):
        assert torch.equal(other(taken(learner, drawn)).loss, first)
        assert torch.equal(other.embed(drawn.items), learner.embed(drawn.items))


def test_sixty_steps_teach_something(case: str, drawn: Labelled) -> None:
    learner = made(case)
    optimizer = torch.optim.AdamW(learner.parameters(), 3e-3)
    costs = []
    for step in range(60):
        with seeded(0, "step", step):
            result = learner(taken(learner, drawn))
            optimizer.zero_grad()
            result.loss.backward()
        optimizer.step()
        costs.append(result.loss.item())
    before, after = (recognised(one.eval(), support_of(drawn, 1), drawn) for one in (made(case), learner))
    assert np.mean(costs[-5:]) < 0.5 * costs[0]
    assert after > max(0.8, before)


@torch.no_grad()
def recognised(learner: EmbeddingLearner, support: Labelled, query: Labelled) -> float:
    """Return the share of the query items whose class is found."""
    return float((learner.adapt(support).predict(query.items) == query.labels).double().mean())
