"""What every registered similarity promises."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gemel.randomness import torch_generator
from gemel.similarity import SIMILARITIES, Similarity
from tests.contracts.parts import NO_DISTANCES, UNTRAINED, similarity_of

DIMENSIONS = 24


def built(name: str, dimensions: int = DIMENSIONS) -> Similarity:
    similarity = similarity_of(name, dimensions)
    generator = torch_generator(3, name)
    with torch.no_grad():
        for parameter in similarity.parameters():  # away from the start, where a learned part may be special
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    return similarity


def rows(count: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(count, DIMENSIONS, generator=torch_generator(seed, "rows"))


@pytest.fixture(params=SIMILARITIES)
def similarity(request: pytest.FixtureRequest) -> Similarity:
    return built(request.param)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e-3, 1.0, 100.0])
def test_order_never_matters_to_the_bit(similarity: Similarity, scale: float) -> None:
    a, b = rows(30, 1, scale), rows(30, 2, scale)
    assert torch.equal(similarity(a, b), similarity(b, a))
    assert torch.equal(similarity.matrix(a, b), similarity.matrix(b, a).T)
    assert torch.equal(similarity.matrix(a, a), similarity.matrix(a, a).T)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e-3, 1.0, 100.0, 1e6])
def test_identity_scores_the_highest_to_the_bit(similarity: Similarity, scale: float) -> None:
    a = rows(30, 1, scale)
    highest = torch.as_tensor(similarity.highest).expand(30)
    assert torch.equal(similarity(a, a.clone()), highest)
    assert torch.equal(similarity.matrix(a, a.clone()).diagonal(), highest)


@pytest.mark.parametrize("nearness", [0.0, 1e-7, 1e-4, 1e-1, 10.0])
def test_nothing_scores_above_the_highest(similarity: Similarity, nearness: float) -> None:
    a = rows(30, 1)
    b = a + nearness * rows(30, 2)
    assert (similarity(a, b) <= similarity.highest).all()
    assert (similarity.matrix(a, b) <= similarity.highest).all()
    assert (similarity.distance(similarity.matrix(a, b)) >= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SIMILARITIES)), st.integers(1, 40), st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_identity_and_order_at_any_size(name: str, dimensions: int, seed: int, scale: float) -> None:
    dimensions += dimensions % 2 if name == "crossed" else 0
    a, b = scale * torch.randn(2, 9, dimensions, generator=torch_generator(seed, "rows"))
    similarity = built(name, dimensions)
    assert torch.equal(similarity(a, b), similarity(b, a))
    assert (similarity(a, a) == similarity.highest).all()
    assert (similarity.matrix(a, a).diagonal() == similarity.highest).all()


def test_matrix_agrees_with_forward(similarity: Similarity) -> None:
    a, b = rows(17, 1), torch.cat([rows(12, 2), rows(17, 1) + 1e-4])
    pairs = torch.stack([torch.stack([similarity(x, y) for y in b]) for x in a])
    torch.testing.assert_close(similarity.matrix(a, b), pairs, atol=1e-5, rtol=1e-5)


def test_leading_axes_broadcast(similarity: Similarity) -> None:
    a, b = rows(30, 1).view(2, 3, 5, DIMENSIONS), rows(12, 2).view(3, 4, DIMENSIONS)
    scores = similarity.matrix(a, b)
    assert scores.shape == (2, 3, 5, 4)
    torch.testing.assert_close(scores[1, 2], similarity.matrix(a[1, 2], b[2]))
    torch.testing.assert_close(similarity(a[:, :, :1], b), scores[:, :, 0])


def test_a_row_scores_the_same_alone_and_in_a_batch(similarity: Similarity) -> None:
    a, b = rows(40, 1), rows(33, 2)
    scores = similarity.matrix(a, b)
    order = torch.randperm(40, generator=torch_generator(0, "order"))
    assert torch.equal(similarity.matrix(a[order], b), scores[order])
    assert torch.equal(similarity.matrix(a[7:8], b[3:4]), scores[7:8, 3:4])
    assert torch.equal(similarity(a[7], b[3]), similarity(a[None, 7].expand(33, -1), b)[3])


def test_identity_scores_the_highest_wherever_it_stands_in_its_batch(similarity: Similarity) -> None:
    a = rows(41, 1)
    for place in range(41):
        alone, batch = a[place : place + 1], torch.cat([rows(place, 2), a, rows(3, 2)])
        assert (similarity.matrix(alone, batch)[0, 2 * place] == similarity.highest).all()


def test_canonical_form_leaves_the_scores(similarity: Similarity) -> None:
    a, b = rows(20, 1), rows(20, 2)
    canonical = similarity.canonical(a), similarity.canonical(b)
    torch.testing.assert_close(similarity(*canonical), similarity(a, b), atol=1e-6, rtol=1e-6)


def test_no_rows_give_no_scores(similarity: Similarity) -> None:
    assert similarity.matrix(rows(0), rows(3)).shape == (0, 3)
    assert similarity(rows(0), rows(0)).shape == (0,)


@pytest.mark.parametrize("name", sorted(SIMILARITIES.keys() - NO_DISTANCES))
def test_score_falls_as_an_item_moves_away(name: str) -> None:
    similarity = built(name)
    a, towards = rows(2, 5, 0.2)
    towards = towards - a * (towards @ a) / (a @ a)  # at a right angle, so that the cosine falls too
    steps = torch.linspace(0, 5, 20)[:, None]
    scores = similarity(a, a + steps * towards)
    assert (scores.diff() < 0).all()


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1.0, 100.0])
@pytest.mark.parametrize("way", ["forward", "matrix"])
@pytest.mark.parametrize("name", sorted(SIMILARITIES.keys() - UNTRAINED))
def test_gradients_are_finite_at_zero_distance(name: str, way: str, scale: float) -> None:
    similarity = built(name)
    x = rows(1, 1, scale).expand(6, -1).clone().requires_grad_()  # all rows equal
    scores = similarity(x, x.roll(1, 0)) if way == "forward" else similarity.matrix(x, x)
    (scores * torch.arange(scores.numel()).view_as(scores)).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, torch.zeros_like(x))
    assert all(p.grad is None or p.grad.isfinite().all() for p in similarity.parameters())


@pytest.mark.parametrize("name", sorted(SIMILARITIES.keys() - UNTRAINED))
def test_gradients_of_both_ways_agree(name: str) -> None:
    similarity = built(name)
    gradients = []
    for way in (similarity, similarity.matrix):
        x = rows(8, 1, 0.1).requires_grad_()
        scores = way(x[:, None], x) if way is similarity else way(x, x)
        scores.triu(1).sum().backward()
        assert x.grad is not None
        assert x.grad.abs().max() > 0
        gradients.append(x.grad)
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-4)


def test_autocast_changes_nothing(similarity: Similarity) -> None:
    a, b = rows(20, 1), rows(20, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        forward, matrix = similarity(a, b), similarity.matrix(a, b)
    assert torch.equal(forward, similarity(a, b))
    assert torch.equal(matrix, similarity.matrix(a, b))


def test_same_bits_again_and_after_save_and_load(similarity: Similarity) -> None:
    a, b = rows(20, 1), rows(20, 2)
    first = similarity.matrix(a, b)
    assert torch.equal(first, similarity.matrix(a, b))
    name = next(name for name, kind in SIMILARITIES.items() if type(similarity) is kind)
    other = similarity_of(name, DIMENSIONS)
    other.load_state_dict(copy.deepcopy(similarity.state_dict()))
    assert torch.equal(first, other.matrix(a, b))
