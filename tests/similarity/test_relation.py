"""The relation module against the paper's layers on joined maps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gemel.randomness import seeded, torch_generator
from gemel.similarity import Relation, prototypes, relation

MAPS = 3


def built(side: int, maps: int = MAPS) -> Relation:
    with seeded(0, "relation"):
        similarity = Relation(maps * side**2, side, filters=5, hidden=4)
    generator = torch_generator(1, "relation")
    with torch.no_grad():
        for name, value in similarity.state_dict().items():
            if value.is_floating_point():
                noise = torch.randn(value.shape, generator=generator)
                value.copy_(noise.abs() + 0.5 if "running_var" in name else value + 0.3 * noise)
    return similarity.eval()


def rows(count: int, side: int, seed: int) -> Tensor:
    return torch.randn(count, MAPS * side**2, generator=torch_generator(seed, "rows"))


def layers(similarity: Relation) -> nn.Sequential:
    """Return the module as the paper draws it."""
    return nn.Sequential(similarity.first, similarity.norm, similarity.second, similarity.head)


def joined(a: Tensor, b: Tensor, side: int) -> Tensor:
    """Return two items' maps along one axis of channels: (D,), (D,) -> (2 F, side, side)."""
    return torch.cat([a.view(MAPS, side, side), b.view(MAPS, side, side)])


def slow(similarity: Relation, a: Tensor, b: Tensor, side: int) -> Tensor:
    """Return one score, both orders of the maps joined and put through every layer."""
    scores = [layers(similarity)(joined(*order, side)[None]) for order in ((a, b), (b, a))]
    return (scores[0] + scores[1]).squeeze() / 2


def slow_class_scores(similarity: Relation, query: Tensor, means: Tensor, side: int) -> Tensor:
    """Return the scores of (Q, D) with (N, D), the class's maps first, all pairs in one batch."""
    pairs = torch.stack([joined(b, a, side) for a in query for b in means])
    return layers(similarity)(pairs).view(len(query), len(means))


@torch.no_grad()
@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 8])
def test_against_the_layers_on_joined_maps(side: int) -> None:
    similarity = built(side)
    a, b = rows(4, side, 1), rows(3, side, 2)
    expected = torch.stack([torch.stack([slow(similarity, x, y, side) for y in b]) for x in a])
    torch.testing.assert_close(similarity.matrix(a, b), expected)
    torch.testing.assert_close(similarity(a[:3], b), expected[:3].diagonal())


@torch.no_grad()
@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 8])
def test_a_class_is_its_mean_maps_and_comes_first(side: int) -> None:
    similarity, labels = built(side), torch.tensor([0, 1, 1, 0, 1])
    query, support = rows(4, side, 1), rows(5, side, 2)
    expected = slow_class_scores(similarity, query, prototypes(support, labels, 2), side)
    torch.testing.assert_close(similarity.class_scores(query, support, labels, 2), expected)
    assert (similarity.class_scores(support[:1], support[[0, 2]], labels[:2], 2)[0, 0] == 1).all()  # itself


@pytest.mark.parametrize("side", [1, 2, 5, 7])
def test_training_is_the_layers_on_all_pairs(side: int) -> None:
    """Scores, gradients and running statistics, of batch norms over every pair at once."""
    query, support, labels = rows(6, side, 1), rows(4, side, 2), torch.arange(4)
    weights = torch.randn(6, 4, generator=torch_generator(3, "weights"))
    found, expected = built(side).train(), built(side).train()
    results = []
    for similarity, way in ((found, found.class_scores), (expected, None)):
        a, b = query.clone().requires_grad_(), support.clone().requires_grad_()
        scores = way(a, b, labels, 4) if way else slow_class_scores(similarity, a, b, side)
        (weights * scores).sum().backward()
        gradients = {name: parameter.grad for name, parameter in similarity.named_parameters()}
        results.append((scores, a.grad, b.grad, gradients, dict(similarity.named_buffers())))
    torch.testing.assert_close(results[0], results[1], atol=2e-5, rtol=1e-3)


@torch.no_grad()
def test_each_leading_index_is_a_task_of_its_own() -> None:
    similarity, labels = built(5), torch.tensor([1, 0])
    query, support = rows(12, 5, 1).view(2, 2, 3, -1), rows(8, 5, 2).view(2, 2, 2, -1)
    scores = similarity.class_scores(query, support, labels, 2)
    for i in range(2):
        for j in range(2):
            alone = similarity.class_scores(query[i, j], support[i, j], labels, 2)
            torch.testing.assert_close(scores[i, j], alone)


@torch.no_grad()
def test_autocast_lowers_class_scores_and_leaves_them_float32() -> None:
    similarity, labels = built(7).train(), torch.arange(4)
    query, support = rows(6, 7, 1), rows(4, 7, 2)
    exact = similarity.class_scores(query, support, labels, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lowered = similarity.class_scores(query, support, labels, 4)
    assert lowered.dtype == torch.float32
    assert not torch.equal(lowered, exact)
    torch.testing.assert_close(lowered, exact, atol=0.02, rtol=0)


@torch.no_grad()
def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    similarity = built(3)
    a, b = rows(6, 3, 1).view(2, 3, -1), rows(5, 3, 2)
    whole, classes = similarity.matrix(a, b), similarity.class_scores(a, b, torch.arange(5), 5)
    for numbers in (1, 100, 500):
        monkeypatch.setattr(relation, "CHUNK", numbers)
        assert torch.equal(similarity.matrix(a, b), whole)
        torch.testing.assert_close(similarity.class_scores(a, b, torch.arange(5), 5), classes)


def test_no_rows_give_no_scores() -> None:
    similarity = built(7)
    assert similarity.matrix(rows(0, 7, 1), rows(3, 7, 2)).shape == (0, 3)
    assert similarity(rows(0, 7, 1), rows(0, 7, 2)).shape == (0,)


def test_training_moves_the_statistics_and_reaches_every_parameter() -> None:
    similarity = built(5).train()
    before = {name: value.clone() for name, value in similarity.named_buffers()}
    labels = torch.arange(4)
    similarity.class_scores(rows(6, 5, 1), rows(4, 5, 2), labels, 4)[:, 0].sum().backward()
    assert all(not torch.equal(value, before[name]) for name, value in similarity.named_buffers())
    for name, parameter in similarity.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_the_paper_s_module_at_28() -> None:
    similarity = Relation(64 * 49, side=7)
    shapes = [tuple(parameter.shape) for parameter in similarity.parameters() if parameter.ndim > 1]
    assert shapes == [(64, 128, 3, 3), (64, 64, 3, 3), (8, 64), (1, 8)]


@pytest.mark.parametrize(("dimensions", "side"), [(64, 0), (64, 7), (50, 4)])
def test_embeddings_that_are_no_maps_are_refused(dimensions: int, side: int) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message follows
        Relation(dimensions, side)
    assert str(error.value) == f"{dimensions} numbers are no maps of {side} x {side}; set side to the encoder's pool"
