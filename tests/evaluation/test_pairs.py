import numpy as np
import pytest
import torch

from gemel.errors import DataError
from gemel.evaluation import pair_scores, random_pairs
from gemel.randomness import torch_generator
from gemel.similarity import Cosine

LABELS = np.repeat([0, 1, 2, 3, 4, 7], [30, 30, 30, 30, 30, 1])


def test_half_are_of_one_class_and_half_of_two():
    pairs = random_pairs(LABELS, 1001, seed=0)
    left, right, same = (part.numpy() for part in (pairs.left, pairs.right, pairs.same))
    assert same.sum() == 500
    assert len(same) == 1001
    assert ((LABELS[left] == LABELS[right]) == same.astype(bool)).all()
    assert (left != right).all()
    assert len({frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)}) == 1001


def test_every_class_is_reached_and_those_of_one_item_only_in_different_pairs():
    pairs = random_pairs(LABELS, 400, seed=0)
    same = pairs.same == 1
    assert set(LABELS[pairs.left[same]]) == {0, 1, 2, 3, 4}
    assert set(LABELS[torch.cat([pairs.left[~same], pairs.right[~same]])]) == {0, 1, 2, 3, 4, 7}


def test_different_pairs_can_stay_within_a_group():
    groups = list("aabbccab")
    pairs = random_pairs(LABELS, 1000, seed=0, groups=groups)  # class 4 is alone in its group, class 7 in b
    different = pairs.same == 0
    seen = {tuple(sorted(p)) for p in zip(LABELS[pairs.left[different]], LABELS[pairs.right[different]], strict=True)}
    assert seen == {(0, 1), (2, 3), (2, 7), (3, 7)}


def test_no_pair_shows_one_thing():
    things = np.arange(151) // 10
    pairs = random_pairs(LABELS, 1000, seed=0, item_groups=things)
    assert (things[pairs.left] != things[pairs.right]).all()
    assert pairs.same.sum() == 500
    single = np.where(LABELS == 0, -1, things)  # class 0 is of one thing
    assert 0 not in LABELS[random_pairs(LABELS, 1000, 0, item_groups=single).left[pairs.same == 1]]
    with pytest.raises(DataError, match="No class has 2 items"):
        random_pairs(LABELS, 10, seed=0, item_groups=LABELS)


def test_the_seed_decides():
    first, again, other = (random_pairs(LABELS, 50, seed) for seed in (1, 1, 2))
    assert first.left.tolist() == again.left.tolist()
    assert first.left.tolist() != other.left.tolist()


def test_a_small_set_gives_the_pairs_it_has():
    pairs = random_pairs(torch.tensor([0, 0, 1]), 100, seed=0)
    found = {(frozenset(p[:2]), p[2]) for p in torch.stack([pairs.left, pairs.right, pairs.same], 1).tolist()}
    assert found == {(frozenset({0, 1}), 1), (frozenset({0, 2}), 0), (frozenset({1, 2}), 0)}
    assert len(pairs.same) == 3


def test_what_makes_no_pair_is_told():
    with pytest.raises(DataError, match="No class has 2 items"):
        random_pairs(np.array([0, 1, 2]), 10, seed=0)
    with pytest.raises(DataError, match="No group has 2 classes"):
        random_pairs(np.array([0, 0]), 10, seed=0)
    with pytest.raises(DataError, match="No group has 2 classes"):
        random_pairs(np.array([0, 0, 1, 1]), 10, seed=0, groups=["a", "b"])


def test_pairs_are_scored_some_at_a_time(monkeypatch):
    embeddings = torch.randn(len(LABELS), 7, generator=torch_generator(0))
    chosen = random_pairs(LABELS, 101, seed=0)
    monkeypatch.setattr("gemel.evaluation.pairs.CHUNK", 7 * 10 + 3)
    scores = pair_scores(embeddings, Cosine(), chosen)
    assert torch.equal(scores, Cosine()(embeddings[chosen.left], embeddings[chosen.right]))
