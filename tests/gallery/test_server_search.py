from __future__ import annotations

import numpy as np
import pytest
import torch
from sqlalchemy import insert, text

from gemel import Gallery, Model
from gemel.gallery.server_search import MOST_DIMENSIONS, ServerSearch, index_of, searches
from gemel.gallery.tables import ClassRow, EmbeddingRow, ReferenceRow
from gemel.search.recall import recall_of
from gemel.similarity import Cosine, Euclidean, ExpManhattan


def fill(gallery: Gallery, values: np.ndarray) -> None:
    """Add references of one class, numbered from 1: (S, D)."""
    with gallery.store.writing(arranging=False) as session:
        session.add(ClassRow(id=1, label="all"))
        session.flush()
        numbers = range(1, len(values) + 1)
        rows = [{"id": n, "class_id": 1, "sha256": f"{n:064x}", "source": "", "warnings": []} for n in numbers]
        session.execute(insert(ReferenceRow), rows)
        pairs = [{"model_id": 1, "reference_id": n, "embedding": v} for n, v in zip(numbers, values, strict=True)]
        session.execute(insert(EmbeddingRow), pairs)


def test_the_server_finds_what_a_comparison_with_all_does(postgres_gallery: str, tiny_model: Model) -> None:
    values = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    queries = Cosine().canonical(torch.from_numpy(np.random.default_rng(1).normal(size=(40, 16)).astype(np.float32)))
    with Gallery(postgres_gallery, tiny_model) as gallery:
        fill(gallery, values)
        search = ServerSearch(gallery.store, Cosine(), 16)
        found = [search.nearest(query, 5) for query in queries]
        scores = Cosine().matrix(queries, torch.from_numpy(values))
        exact = scores.sort(dim=1, descending=True).values[:, :5]
        assert recall_of(torch.from_numpy(np.stack([each for each, _ in found])), exact).value >= 0.98
        best, numbers = found[0]
        assert best.tolist() == sorted(best.tolist(), reverse=True)
        torch.testing.assert_close(torch.from_numpy(best), scores[0, torch.from_numpy(numbers) - 1])
        assert len(search.nearest(queries[0], 5000)[0]) >= 900  # pgvector looks at no more than a thousand at once


def test_a_model_s_embeddings_are_indexed(postgres_gallery: str, tiny_model: Model) -> None:
    with Gallery(postgres_gallery, tiny_model) as gallery, gallery.store.reading() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))  # what a planner does with six rows
        plan = "EXPLAIN SELECT reference_id FROM gemel_embeddings WHERE model_id = 1"
        nearest = f"ORDER BY CAST(embedding AS vector(16)) <-> CAST('{[0.5] * 16}' AS vector(16)) LIMIT 5"
        told = "\n".join(session.scalars(text(f"{plan} {nearest}")))
        assert index_of(1) in told


@pytest.mark.parametrize(
    ("similarity", "dimensions", "expected"),
    [
        (Cosine(), 256, True),
        (Euclidean(), 2000, True),
        (ExpManhattan(), 16, False),
        (Cosine(), MOST_DIMENSIONS + 1, False),
    ],
)
def test_the_server_searches_where_it_ranks_alike(postgres_gallery, tiny_model, similarity, dimensions, expected):
    with Gallery(postgres_gallery, tiny_model) as gallery:
        assert searches(gallery.engine, similarity, dimensions) is expected
    with Gallery("sqlite://", tiny_model) as gallery:
        assert not searches(gallery.engine, similarity, dimensions)
