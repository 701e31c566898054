from __future__ import annotations

import pytest
import torch

from gemel.errors import RecipeError
from gemel.randomness import torch_generator
from gemel.registry import build
from gemel.similarity import SIMILARITIES, Cosine, Nearest, WeightedL1
from gemel.similarity.class_scorer import mean_of_items, nearest_items


def rows(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 7, generator=torch_generator(seed, "rows"))


def test_class_scores_by_hand() -> None:
    scores, labels = torch.tensor([[1.0, 5.0, 3.0], [-2.0, -8.0, -4.0]]), torch.tensor([1, 0, 1])
    assert nearest_items(scores, labels, 2).tolist() == [[5.0, 3.0], [-8.0, -2.0]]
    assert mean_of_items(scores, labels, 2).tolist() == [[5.0, 2.0], [-8.0, -3.0]]


def test_it_is_the_inner_similarity_but_for_classes() -> None:
    similarity, a, b = Nearest(7, "cosine"), rows(6, 1), rows(4, 2)
    assert similarity.highest == 1
    assert torch.equal(similarity(a[:4], b), Cosine()(a[:4], b))
    assert torch.equal(similarity.matrix(a, b), Cosine().matrix(a, b))
    assert torch.equal(similarity.canonical(a), Cosine().canonical(a))
    expected = Cosine().matrix(a, b).view(6, 2, 2).amax(-1)
    assert torch.equal(similarity.class_scores(a, b, torch.tensor([0, 0, 1, 1]), 2), expected)


def test_a_nearest_item_wins_where_the_mean_would_not() -> None:
    support, labels = torch.tensor([[0.0], [10.0], [4.0], [4.5]]), torch.tensor([0, 0, 1, 1])
    query = torch.tensor([[1.0]])
    assert Nearest(1).class_scores(query, support, labels, 2).argmax() == 0
    assert Nearest(1).inner.class_scores(query, support, labels, 2).argmax() == 1


def test_the_inner_similarity_is_built_by_its_name_and_options() -> None:
    inner = Nearest(7, {"name": "weighted_l1", "activation": False}).inner
    assert isinstance(inner, WeightedL1)
    assert not inner.activation
    assert len(inner.raw) == 7


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ("cosin", "Unknown similarity.inner 'cosin'. Did you mean 'cosine'?"),
        (5, "similarity.inner is 5; a name, or a name with options, is expected."),
    ],
)
def test_a_strange_inner_similarity_is_refused(inner: object, message: str) -> None:
    with pytest.raises(RecipeError) as error:
        build("similarity", SIMILARITIES, {"name": "nearest", "inner": inner}, dimensions=7)
    assert str(error.value) == message
