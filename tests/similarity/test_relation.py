"""The relation module against the paper's layers on joined maps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

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


def slow(similarity: Relation, a: Tensor, b: Tensor, side: int) -> Tensor:
    """Return one score, both orders of the maps joined and put through every layer."""
    scores = []
    for first, second in ((a, b), (b, a)):
        joined = torch.cat([first.view(1, MAPS, side, side), second.view(1, MAPS, side, side)], 1)
        scores.append(similarity.rest(functional.conv2d(joined, similarity.first.weight, padding=1)))
    return (scores[0] + scores[1]).squeeze() / 2


@torch.no_grad()
@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 8])
def test_against_the_layers_on_joined_maps(side: int) -> None:
    similarity = built(side)
    a, b = rows(4, side, 1), rows(3, side, 2)
    expected = torch.stack([torch.stack([slow(similarity, x, y, side) for y in b]) for x in a])
    torch.testing.assert_close(similarity.matrix(a, b), expected)
    torch.testing.assert_close(similarity(a[:3], b), expected[:3].diagonal())
    labels = torch.tensor([1, 0, 2])
    torch.testing.assert_close(similarity.class_scores(a, b, labels, 3)[:, labels], expected)


@torch.no_grad()
def test_a_class_is_its_mean_maps() -> None:
    similarity, labels = built(3), torch.tensor([0, 1, 1, 0, 1])
    query, support = rows(4, 3, 1), rows(5, 3, 2)
    expected = similarity.matrix(query, prototypes(support, labels, 2))
    torch.testing.assert_close(similarity.class_scores(query, support, labels, 2), expected)
    assert (similarity.class_scores(support[:1], support[[0, 2]], labels[:2], 2)[0, 0] == 1).all()  # itself


@torch.no_grad()
def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    similarity = built(3)
    a, b = rows(6, 3, 1).view(2, 3, -1), rows(5, 3, 2)
    whole = similarity.matrix(a, b)
    for numbers in (1, 100, 500):
        monkeypatch.setattr(relation, "CHUNK", numbers)
        assert torch.equal(similarity.matrix(a, b), whole)


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
