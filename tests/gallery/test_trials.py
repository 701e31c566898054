from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from gemel.evaluation.intervals import counted_rate
from gemel.gallery import trials as trials_module
from gemel.gallery.held import Held
from gemel.gallery.trials import Trials, own_scores, rate_of, trials_of
from gemel.randomness import numpy_generator
from tests.contracts.parts import similarity_of

SIZES = [3, 1, 4, 3, 2]


def held_of(sizes: list[int], dimensions: int = 8, seed: int = 0) -> Held:
    """Return references of classes numbered 10, 20, ..., in a random order."""
    generator = numpy_generator(seed, "held")
    owners = generator.permutation(np.repeat(10 * np.arange(1, len(sizes) + 1), sizes))
    embeddings = generator.standard_normal((len(owners), dimensions)).astype(np.float32)
    ids, labels = 100 + np.arange(len(owners)), {int(number): f"c{number}" for number in owners}
    return Held(1, 1, ids, owners, embeddings, np.array([""] * len(ids), object), labels, {}, None)


def slow(name: str, held: Held) -> dict[tuple[int, int, float], int]:
    """Return how often each (class asked, class held against, score) comes, one reference and class after the other."""
    similarity, found = similarity_of(name, held.embeddings.shape[1]), {}
    embeddings = torch.from_numpy(held.embeddings)
    for place, owner in enumerate(held.owners):
        for number in held.classes:
            members = [other for other in np.flatnonzero(held.owners == number) if other != place]
            if members:
                labels = torch.zeros(len(members), dtype=torch.int64)
                with torch.no_grad():
                    score = similarity.likeness(embeddings[place : place + 1], embeddings[members], labels, 1)
                key = (int(owner), int(number), round(float(score), 4))
                found[key] = found.get(key, 0) + 1
    return found


def counted(trials: Trials) -> dict[tuple[int, int, float], int]:
    found: dict[tuple[int, int, float], int] = {}
    for asked, against, score in zip(trials.asked, trials.against, trials.scores, strict=True):
        key = (int(asked), int(against), round(float(score), 4))
        found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize("name", ["cosine", "nearest", "relation", "weighted_l1"])
def test_every_reference_meets_every_class_as_if_not_enrolled(name: str) -> None:
    held = held_of(SIZES)
    trials = trials_of(similarity_of(name, 8), held)
    assert counted(trials) == slow(name, held)
    assert (len(trials.genuine), len(trials.impostor)) == (12, 13 * 4)


def test_trials_against_one_class() -> None:
    held = held_of(SIZES)
    one = {key: count for key, count in slow("euclidean", held).items() if key[1] == 30}
    assert counted(trials_of(similarity_of("euclidean", 8), held, only=30)) == one


def test_of_a_large_gallery_some_references_meet_some_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials_module, "MOST_ITEMS", 7)
    monkeypatch.setattr(trials_module, "MOST_CLASSES", 3)
    held = held_of(SIZES)
    every, some = slow("cosine", held), trials_of(similarity_of("cosine", 8), held)
    assert all(count <= every[key] for key, count in counted(some).items())
    assert len(np.unique(some.against[~some.same])) == 3
    assert len(some.genuine) <= 7
    of_one = trials_of(similarity_of("cosine", 8), held, only=30)
    assert len(of_one.genuine) == 4  # its own are all there


def test_large_classes_are_scored_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    held = held_of([9, 4])
    similarity, embeddings = similarity_of("cosine", 8), torch.from_numpy(held.embeddings)
    expected = own_scores(similarity, embeddings, held.places, np.arange(13))
    monkeypatch.setattr(trials_module, "CHUNK", 100)
    assert np.array_equal(own_scores(similarity, embeddings, held.places, np.arange(13)), expected)


def test_one_reference_alone_has_no_own_score() -> None:
    scores = own_scores(similarity_of("cosine", 8), torch.eye(8)[:3], np.array([0, 1, 1]), np.array([1, 0]))
    assert scores[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(scores[1])


def test_the_interval_is_the_wider_of_trials_and_classes() -> None:
    asked, against = np.repeat(np.arange(4), 25), np.repeat(np.arange(4), 25)
    spread = np.arange(100) % 5 == 0
    assert rate_of(spread, asked == against, asked, against).ci95 == counted_rate(20, 100).ci95
    gathered = rate_of(asked == 0, asked == against, asked, against)  # one class alone is refused
    assert gathered.value == 0.25
    assert gathered.ci95[0] == 0
    assert gathered.ci95[1] >= 0.75
    none = rate_of(asked < 0, asked == against, asked, against)
    assert none.value == 0
    assert none.ci95 == counted_rate(0, 100).ci95


def test_rates_at_a_threshold_by_hand() -> None:
    trials = Trials(
        np.array([0.9, 0.4, 0.5, 0.1, 0.8, 0.2]), np.array([1, 1, 2, 1, 1, 2]), np.array([1, 1, 2, 2, 2, 1])
    )
    assert trials.far(0.5).value == pytest.approx(1 / 3)
    assert trials.frr(0.5).value == pytest.approx(1 / 3)
    assert trials.frr(0.51).value == pytest.approx(2 / 3)
    assert trials.curve.tar[-1] == 1


def test_scores_do_not_depend_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    held: Held = held_of(SIZES)
    expected: Tensor = torch.from_numpy(np.sort(trials_of(similarity_of("euclidean", 8), held).scores))
    monkeypatch.setattr(trials_module, "BATCH", 2)
    found = torch.from_numpy(np.sort(trials_of(similarity_of("euclidean", 8), held).scores))
    torch.testing.assert_close(found, expected)
