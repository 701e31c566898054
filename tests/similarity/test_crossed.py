from __future__ import annotations

import pytest
import torch

from gemel.errors import RecipeError
from gemel.randomness import torch_generator
from gemel.registry import build
from gemel.similarity import SIMILARITIES, Cosine, Crossed, WeightedL1
from tests.reference import similarities as slow


def rows(count: int, seed: int, dimensions: int = 6) -> torch.Tensor:
    return torch.randn(count, dimensions, generator=torch_generator(seed, "rows"))


def test_against_the_slow_formula() -> None:
    a, b = rows(20, 1), rows(20, 2)
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    expected = [(slow.cosine(x[:3], y[3:]) + slow.cosine(x[3:], y[:3])) / 2 for x, y in pairs]
    torch.testing.assert_close(Crossed(6, "cosine")(a, b), torch.tensor(expected), atol=2e-6, rtol=1e-5)


def test_the_directed_score_keeps_the_order() -> None:
    similarity, a, b = Crossed(6), rows(9, 1), rows(9, 2)
    torch.testing.assert_close(similarity.directed(a, b), -(a[:, :3] - b[:, 3:]).norm(dim=1))
    assert not torch.equal(similarity.directed(a, b), similarity.directed(b, a))
    torch.testing.assert_close(similarity(a, b), (similarity.directed(a, b) + similarity.directed(b, a)) / 2)


def test_an_item_is_highest_with_itself_though_its_two_views_differ() -> None:
    similarity, a = Crossed(6), rows(5, 1)
    assert (similarity.directed(a, a) < 0).all()
    assert (similarity(a, a) == 0).all()
    scores = similarity.matrix(a, a)
    assert torch.equal(scores == 0, torch.eye(5, dtype=torch.bool))


def test_each_half_has_the_inner_canonical_form() -> None:
    a = rows(5, 1)
    expected = torch.cat([Cosine().canonical(a[:, :3]), Cosine().canonical(a[:, 3:])], 1)
    assert torch.equal(Crossed(6, "cosine").canonical(a), expected)


def test_the_inner_similarity_knows_half_the_dimensions() -> None:
    similarity = Crossed(6, {"name": "weighted_l1", "activation": False})
    assert isinstance(similarity.inner, WeightedL1)
    assert len(similarity.inner.raw) == 3
    assert similarity.highest is similarity.inner.bias


@pytest.mark.parametrize(
    ("dimensions", "inner", "message"),
    [
        (7, "cosine", "similarity 'crossed': the embeddings have 7 dimensions, no two halves; set encoder to twin"),
        (6, "cosin", "Unknown similarity.inner 'cosin'. Did you mean 'cosine'?"),
    ],
)
def test_what_does_not_fit_is_refused(dimensions: int, inner: str, message: str) -> None:
    with pytest.raises(RecipeError) as error:
        build("similarity", SIMILARITIES, {"name": "crossed", "inner": inner}, dimensions=dimensions)
    assert str(error.value) == message
