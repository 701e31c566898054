from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gemel.errors import DataError
from gemel.randomness import torch_generator
from gemel.search import GraphIndex
from gemel.search.recall import recall_of
from gemel.similarity import Cosine, Euclidean, Nearest
from tests.contracts.parts import similarity_of
from tests.reference.search import nearest


def clustered(count: int, dimensions: int = 32, seed: int = 0) -> Tensor:
    generator = torch_generator(seed, "clusters")
    centres = torch.randn(count // 20, dimensions, generator=torch_generator(0, "centres"))
    members = centres[torch.randint(len(centres), (count,), generator=generator)]
    return Cosine().canonical(members + 0.6 * torch.randn(count, dimensions, generator=generator))


@pytest.fixture(scope="module")
def index() -> GraphIndex:
    index = GraphIndex(Cosine())
    index.add(torch.arange(3000), clustered(3000))
    return index


def test_nearly_all_is_found_and_scored_by_the_similarity(index: GraphIndex) -> None:
    vectors, queries = clustered(3000), clustered(3000, seed=1)[:100]
    scores, ids = index.top(queries, 5)
    expected, expected_ids = nearest(Cosine(), queries, torch.arange(3000), vectors, 5)
    assert (ids == expected_ids).float().mean() > 0.98
    assert torch.equal(scores[ids == expected_ids], expected[ids == expected_ids])
    assert torch.equal(scores, Cosine().matrix(queries, vectors).gather(1, ids))


def test_the_recall_is_measured_by_held_out_queries(index: GraphIndex) -> None:
    assert index.recall is not None
    assert (index.recall.k, index.recall.queries, index.recall.references) == (5, 256, 3000 - 256)
    assert len(index) == 3000
    low, high = index.recall.value.ci95
    assert low < index.recall.value.value <= high
    assert index.recall.value.value > 0.95
    assert str(index.recall).startswith("recall@5 ")
    assert index.recall.to_json()["value"]["ci95"] == [low, high]


def test_a_poor_graph_has_a_poor_recall() -> None:
    index = GraphIndex(Cosine(), connectivity=3, expansion_add=4, expansion_search=1)
    index.add(torch.arange(4000), clustered(4000, 128))
    assert index.recall is not None
    assert index.recall.value.ci95[1] < 0.95


def test_recall_is_measured_anew_when_the_references_double() -> None:
    index, vectors = GraphIndex(Cosine()), clustered(8000)
    counts = []
    for start, stop in ((0, 1000), (1000, 2500), (2500, 4000), (4000, 8000)):
        index.add(torch.arange(start, stop), vectors[start:stop])
        counts.append(index.recall and index.recall.references)
    assert counts == [None, 2500 - 187, 2500 - 187, 8000 - 256]


def test_recall_counts_references_equally_near() -> None:
    found, exact = torch.tensor([[3.0, 2.0], [3.0, 1.0]]), torch.tensor([[3.0, 2.0], [3.0, 2.0]])
    estimate = recall_of(found, exact)
    assert estimate.value == 0.75
    assert estimate.ci95[0] < 0.75 < estimate.ci95[1]
    assert recall_of(exact, exact).value == 1
    assert recall_of(exact, exact).ci95[0] < 1


def test_what_is_removed_is_not_found() -> None:
    vectors = clustered(2500)
    index = GraphIndex(Euclidean())
    index.add(torch.arange(2500), vectors)
    gone = torch.arange(0, 2500, 3)
    index.remove(gone)
    kept = torch.arange(2500)[torch.arange(2500) % 3 > 0]
    _, ids = index.top(vectors[kept[:200]], 5)
    assert not torch.isin(ids, gone).any()
    assert (ids[:, 0] == kept[:200]).float().mean() > 0.98
    assert index.measured(vectors[gone[:200]]).value.value > 0.95
    index.add(gone, vectors[gone])
    assert (index.top(vectors[gone[:200]], 1)[1][:, 0] == gone[:200]).float().mean() > 0.98


def test_where_the_graph_finds_too_few_all_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, index = clustered(300), GraphIndex(Cosine())
    index.add(torch.arange(300), vectors)
    found = index._found

    def fewer(queries: Tensor, count: int) -> Tensor:
        places = found(queries, count)
        places[1:, 3:] = -1
        return places

    monkeypatch.setattr(index, "_found", fewer)
    queries = clustered(300, seed=1)[:3]
    scores, ids = index.top(queries, 5)
    expected = nearest(Cosine(), queries, torch.arange(300), vectors, 5)
    assert torch.equal(scores[1:], expected[0][1:])
    assert torch.equal(ids[1:], expected[1][1:])


def test_few_or_no_references() -> None:
    index = GraphIndex(Cosine())
    assert index.top(torch.zeros(3, 4), 5)[0].shape == (3, 0)
    assert index.recall is None
    index.add(torch.tensor([7, 9]), torch.eye(4)[:2])
    scores, ids = index.top(torch.eye(4)[:1], 5)
    assert ids.tolist() == [[7, 9]]
    assert scores[0].tolist() == pytest.approx([1, 0], abs=1e-6)
    assert index.top(torch.zeros(0, 4), 1)[0].shape == (0, 1)
    index.remove(torch.tensor([7, 9]))
    assert len(index) == 0
    assert index.top(torch.eye(4), 1)[0].shape == (4, 0)


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    index = GraphIndex(Nearest(2, "euclidean"))
    index.add(torch.tensor([1]), torch.zeros(1, 2))
    with pytest.raises(DataError, match="not finite"):
        index.add(torch.tensor([2]), torch.tensor([[torch.nan, 0]]))
    with pytest.raises(DataError, match="number 3 is not there"):
        index.remove(torch.tensor([3]))
    with pytest.raises(DataError, match=r"^The 0 nearest are asked for"):
        index.top(torch.zeros(1, 2), 0)
    with pytest.raises(DataError, match=r"^0 queries of 1 references have no recall; one of each is needed\.$"):
        index.measured(torch.zeros(0, 2))
    assert len(index) == 1


@pytest.mark.parametrize("name", ["relation", "weighted_l1", "crossed"])
def test_a_similarity_that_is_no_distance_is_refused(name: str) -> None:
    with pytest.raises(
        DataError, match=r"^A graph ranks by Euclidean distance, which \w+ does not; use an ExactIndex\.$"
    ):
        GraphIndex(similarity_of(name, 24))
