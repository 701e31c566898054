from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gemel.errors import DataError
from gemel.randomness import torch_generator
from gemel.search import ExactIndex
from gemel.search import product as product_module
from gemel.similarity import SIMILARITIES, Cosine, Euclidean, Nearest, Similarity, SquaredEuclidean
from tests.contracts.parts import similarity_of
from tests.reference.search import nearest

BY_PRODUCT = ["cosine", "euclidean", "squared_euclidean", "nearest"]


def rows(count: int, dimensions: int = 24, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(count, dimensions, generator=torch_generator(seed, "rows"))


def filled(similarity: Similarity, ids: Tensor, vectors: Tensor, **options: object) -> ExactIndex:
    index = ExactIndex(similarity, **options)
    index.add(ids, vectors)
    return index


def no_matrix(*_: object) -> None:
    raise AssertionError("compared with all references")


def same(found: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]) -> bool:
    return torch.equal(found[0], expected[0]) and torch.equal(found[1], expected[1])


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("k", [1, 7, 60])
@torch.no_grad()
def test_every_similarity_finds_what_looking_at_all_finds(name: str, k: int) -> None:
    similarity = similarity_of(name, 24)
    vectors, queries = similarity.canonical(rows(50)), similarity.canonical(rows(5, seed=1))
    vectors[30:40] = vectors[:10]  # ties
    ids = torch.randperm(90, generator=torch_generator(0, "ids"))[:50]
    assert same(filled(similarity, ids, vectors).top(queries, k), nearest(similarity, queries, ids, vectors, k))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", BY_PRODUCT)
def test_a_product_finds_the_same_to_the_bit(name: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    similarity = similarity_of(name, 256)
    vectors, queries = similarity.canonical(rows(3000, 256)), similarity.canonical(rows(20, 256, seed=1))
    ids = torch.randperm(3000, generator=torch_generator(0, "ids"))
    index = filled(similarity, ids, vectors, precision=precision)
    monkeypatch.setattr(index, "_by_matrix", no_matrix)
    assert same(index.top(queries, 5), nearest(similarity, queries, ids, vectors, 5))
    assert index.products[0].precision == getattr(torch, precision)


@pytest.mark.parametrize("keys", [16 * 20, 48 * 20, 1000 * 20])
def test_chunks_of_any_size_give_the_same(keys: int, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, queries = rows(2003), rows(20, seed=1)
    index = filled(Euclidean(), torch.arange(2003), vectors)
    monkeypatch.setattr(product_module, "KEYS", keys)
    monkeypatch.setattr(index, "_by_matrix", no_matrix)
    assert same(index.top(queries, 5), nearest(Euclidean(), queries, torch.arange(2003), vectors, 5))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("copies", [2, 40, 900])
def test_identical_rows_come_in_the_order_of_their_numbers(copies: int, precision: str) -> None:
    similarity, vectors = Cosine(), Cosine().canonical(rows(4000, 64))
    twins = torch.randperm(4000, generator=torch_generator(0, "twins"))[:copies]
    vectors[twins] = vectors[twins[0]].clone()
    index = filled(similarity, torch.arange(4000), vectors, precision=precision)
    scores, ids = index.top(vectors[twins[:1]], 6)
    assert ids[0, :copies].tolist() == sorted(twins.tolist())[:6]
    assert (scores[0, :copies] == 1).all()
    assert same((scores, ids), nearest(similarity, vectors[twins[:1]], torch.arange(4000), vectors, 6))


@pytest.mark.parametrize("nearness", [1e-8, 1e-7, 1e-6, 1e-4])
@pytest.mark.parametrize("name", BY_PRODUCT)
def test_all_but_equal_rows_rank_as_the_similarity_says(name: str, nearness: float) -> None:
    similarity = similarity_of(name, 24)
    vectors = similarity.canonical(rows(1, seed=3) + nearness * rows(3000))
    queries = similarity.canonical(rows(3, seed=1))
    ids = torch.arange(3000)
    assert same(filled(similarity, ids, vectors).top(queries, 4), nearest(similarity, queries, ids, vectors, 4))


@settings(max_examples=60)
@given(
    st.sampled_from(BY_PRODUCT),
    st.sampled_from(["float32", "bfloat16"]),
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(0, 10**6),
    st.sampled_from([0.0, 1e-20, 1e-3, 1.0, 1e4, 1e18, 1e30]),
    st.booleans(),
)
def test_any_rows_at_all(
    name: str, precision: str, dimensions: int, k: int, seed: int, scale: float, coarse: bool
) -> None:
    similarity = similarity_of(name, dimensions)
    generator = torch_generator(seed, "rows")
    vectors, queries = scale * torch.randn(1200, dimensions, generator=generator), rows(3, dimensions, seed, scale)
    if coarse and scale:
        vectors, queries = (vectors / scale).round() * scale, (queries / scale).round() * scale  # many ties
    vectors, queries = similarity.canonical(vectors), similarity.canonical(queries)
    ids = torch.randperm(5000, generator=generator)[:1200]
    index = filled(similarity, ids, vectors, precision=precision)
    assert same(index.top(queries, k), nearest(similarity, queries, ids, vectors, k))


def test_a_zero_vector_is_as_near_as_the_cosine_says() -> None:
    vectors = Cosine().canonical(rows(2000))
    vectors[100] = 0
    queries = torch.cat([torch.zeros(1, 24), -vectors[:1]])
    ids = torch.arange(2000)
    index = filled(Cosine(), ids, vectors)
    assert same(index.top(queries, 3), nearest(Cosine(), queries, ids, vectors, 3))
    assert index.top(queries[:1], 1)[1].item() == 100


def test_rows_that_are_not_canonical_are_made_so() -> None:
    vectors, queries = rows(2000, scale=7.0), rows(4, seed=1, scale=0.1)
    scores, ids = filled(Cosine(), torch.arange(2000), vectors).top(queries, 5)
    expected = nearest(Cosine(), queries, torch.arange(2000), vectors, 5)
    torch.testing.assert_close(scores, expected[0])
    assert torch.equal(ids, expected[1])


@pytest.mark.parametrize("scale", [1e-18, 1e-20, 1e-22, 1e-30])
@pytest.mark.parametrize("name", ["euclidean", "squared_euclidean"])
def test_rows_so_short_that_their_squares_are_lost(name: str, scale: float) -> None:
    similarity, ids = similarity_of(name, 24), torch.arange(1200)
    vectors, queries = rows(1200, scale=scale), rows(20, seed=1, scale=scale)
    assert same(filled(similarity, ids, vectors).top(queries, 3), nearest(similarity, queries, ids, vectors, 3))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.lists(st.tuples(st.booleans(), st.integers(1, 400)), min_size=1, max_size=8))
def test_coming_and_going_leaves_what_is_there(seed: int, steps: list[tuple[bool, int]]) -> None:
    generator = torch_generator(seed, "steps")
    fresh = torch.randperm(4000, generator=generator)
    vectors = torch.randn(4000, 8, generator=generator).round(decimals=1)
    index, held = filled(SquaredEuclidean(), fresh[:800], vectors[fresh[:800]], precision="bfloat16"), fresh[:800]
    fresh = fresh[800:]
    for adding, count in steps:
        if adding:
            index.add(fresh[:count], vectors[fresh[:count]])
            held, fresh = torch.cat([held, fresh[:count]]), fresh[count:]
        else:
            order = torch.randperm(len(held), generator=generator)
            index.remove(held[order[:count]])
            held = held[order[count:]]
    assert len(index) == len(held)
    queries = torch.randn(2, 8, generator=generator)
    assert same(index.top(queries, 5), nearest(SquaredEuclidean(), queries, held, vectors[held], 5))


def test_a_number_that_was_removed_may_come_again() -> None:
    index = filled(Euclidean(), torch.tensor([4, 5]), torch.tensor([[0.0], [1.0]]))
    index.remove(torch.tensor([4]))
    index.add(torch.tensor([4]), torch.tensor([[3.0]]))
    scores, ids = index.top(torch.tensor([[3.0]]), 2)
    assert (scores.tolist(), ids.tolist()) == ([[0, -2]], [[4, 5]])


def test_few_or_no_references() -> None:
    index = ExactIndex(Cosine())
    scores, ids = index.top(rows(3), 5)
    assert (scores.shape, ids.shape, ids.dtype, len(index)) == ((3, 0), (3, 0), torch.int64, 0)
    index.add(torch.tensor([7]), rows(1))
    scores, ids = index.top(rows(3), 5)
    assert ids.tolist() == [[7]] * 3
    assert torch.equal(scores, Cosine().matrix(rows(3), rows(1)))
    assert [part.shape for part in index.top(rows(0), 5)] == [(0, 1), (0, 1)]
    index.remove(torch.tensor([7]))
    assert index.top(rows(3), 5)[0].shape == (3, 0)
    index.add(torch.tensor([], dtype=torch.int64), rows(0))
    assert len(index) == 0


def test_queries_beyond_a_batch_are_answered_in_order() -> None:
    vectors = Cosine().canonical(rows(2000, 128))
    index = filled(Cosine(), torch.arange(2000), vectors)
    assert index.top(vectors[:300], 1)[1][:, 0].tolist() == list(range(300))


def test_other_floating_types_are_taken_as_float32() -> None:
    vectors = rows(30)
    index = filled(Euclidean(), torch.arange(30), vectors.double())
    assert index.top(vectors[:3].double(), 1)[0].dtype == torch.float32
    assert index.top(vectors[:3].double(), 1)[1][:, 0].tolist() == [0, 1, 2]


def test_embeddings_may_be_kept_in_a_file_that_goes_with_the_index(tmp_path: Path) -> None:
    vectors, ids = rows(3000), torch.arange(3000)
    index = filled(Euclidean(), ids[:1500], vectors[:1500], folder=tmp_path)
    index.add(ids[1500:], vectors[1500:])
    index.remove(ids[:10])
    queries = rows(3, seed=1)
    assert same(index.top(queries, 5), nearest(Euclidean(), queries, ids[10:], vectors[10:], 5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ids", "vectors", "message"),
    [
        ([1], [[torch.nan, 0.0]], r"^1 of 1 references are not finite; the model that made them is damaged\.$"),
        ([1], [[torch.inf, 0.0]], "1 of 1 references are not finite"),
        ([1], [[0.0]], r"^The references have shape \(1, 1\); \(N, 2\) is expected\.$"),
        ([1], [0.0, 0.0], r"^The references have shape \(2,\); \(N, 2\) is expected\.$"),
        ([1, 2], [[0.0, 0.0]], r"^1 references came with numbers of shape \(2,\), torch\.int64; one int64 each"),
        ([0], [[0.0, 0.0]], "is there already; give each its own"),
        ([-1], [[0.0, 0.0]], "A reference's number is negative"),
        ([1, 1], [[0.0, 0.0], [1.0, 1.0]], "comes twice"),
    ],
)
def test_references_that_cannot_be_are_refused(ids: list[int], vectors: list[object], message: str) -> None:
    index = filled(Cosine(), torch.tensor([0]), torch.eye(2)[:1])
    with pytest.raises(DataError, match=message):
        index.add(torch.tensor(ids), torch.tensor(vectors))
    assert len(index) == 1


@pytest.mark.parametrize(
    ("ids", "message"),
    [([5], r"^1 references cannot be removed: number 5 is not there\.$"), ([0, 0], "a number comes twice")],
)
def test_what_is_not_there_is_not_removed(ids: list[int], message: str) -> None:
    index = filled(Cosine(), torch.tensor([0, 1]), torch.eye(2))
    with pytest.raises(DataError, match=message):
        index.remove(torch.tensor(ids))
    assert len(index) == 2


def test_questions_that_cannot_be_are_refused() -> None:
    index = filled(Nearest(2, "cosine"), torch.tensor([0]), torch.eye(2)[:1])
    with pytest.raises(DataError, match=r"^The queries have shape \(1, 3\); \(N, 2\) is expected\.$"):
        index.top(torch.zeros(1, 3), 1)
    with pytest.raises(DataError, match="1 of 2 queries are not finite"):
        index.top(torch.tensor([[0.0, torch.nan], [0, 0]]), 1)
    with pytest.raises(DataError, match=r"^The 0 nearest are asked for; at least 1 is expected\.$"):
        index.top(torch.zeros(1, 2), 0)
