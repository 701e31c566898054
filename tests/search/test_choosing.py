from __future__ import annotations

from pathlib import Path

import pytest

from gemel.search import EXACT_UP_TO, ExactIndex, GraphIndex, index_for
from gemel.search.product import ordered_by_product
from gemel.similarity import SIMILARITIES
from tests.contracts.parts import similarity_of


@pytest.mark.parametrize("name", SIMILARITIES)
def test_a_graph_beyond_a_million_where_the_similarity_allows_it(name: str, tmp_path: Path) -> None:
    similarity = similarity_of(name, 24)
    allowed = name in ("cosine", "euclidean", "squared_euclidean", "nearest")
    assert ordered_by_product(similarity) == allowed
    assert type(index_for(similarity, EXACT_UP_TO)) is ExactIndex
    larger = index_for(similarity, EXACT_UP_TO + 1, folder=tmp_path)
    assert type(larger) is (GraphIndex if allowed else ExactIndex)
    assert (larger.exact if isinstance(larger, GraphIndex) else larger).folder == tmp_path
