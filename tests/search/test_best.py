from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from gemel.search.best import best, ordered


def test_higher_scores_come_first_then_lower_numbers() -> None:
    scores, ids = best(torch.tensor([[1.0, 3.0, 2.0, 3.0, 2.0, 2.0]]), torch.tensor([[9, 8, 7, 6, 5, 4]]), 4)
    assert scores.tolist() == [[3, 3, 2, 2]]
    assert ids.tolist() == [[6, 8, 4, 5]]


def test_numbers_may_be_the_same_for_all_rows() -> None:
    scores, ids = best(torch.tensor([[1.0, 2.0], [4.0, 3.0]]), torch.tensor([5, 6]), 1)
    assert scores.tolist() == [[2], [4]]
    assert ids.tolist() == [[6], [5]]


def test_scores_of_minus_infinity_are_scores() -> None:
    scores, ids = best(torch.tensor([[-torch.inf, 0.0, -torch.inf]]), torch.tensor([2, 3, 1]), 2)
    assert scores.tolist() == [[0, -torch.inf]]
    assert ids.tolist() == [[3, 1]]


def test_order_sorts_whole_rows() -> None:
    scores, ids = ordered(torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([[3, 2, 1]]))
    assert (scores.tolist(), ids.tolist()) == ([[1, 0, 0]], [[2, 1, 3]])


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.data())
def test_it_is_sorting_and_cutting(levels: list[int], data: st.DataObject) -> None:
    ids = data.draw(st.permutations(range(len(levels))))
    k = data.draw(st.integers(1, len(levels)))
    scores, found = best(torch.tensor([levels]).float(), torch.tensor([ids]), k)
    expected = sorted((-level, number) for level, number in zip(levels, ids, strict=True))[:k]
    assert list(zip(scores[0].neg().tolist(), found[0].tolist(), strict=True)) == expected
