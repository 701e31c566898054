"""The nearest references, found by a PostgreSQL server with pgvector."""

from __future__ import annotations

import numpy as np
import torch
from sqlalchemy import Engine, select, text
from torch import Tensor

from gemel.gallery.columns import as_vector
from gemel.gallery.database import explained, is_sqlite
from gemel.gallery.schema import LOCK
from gemel.gallery.store import Store
from gemel.gallery.tables import EmbeddingRow
from gemel.search.product import ordered_by_product
from gemel.similarity import Similarity

#: pgvector indexes vectors of no more dimensions.
MOST_DIMENSIONS = 2000

#: Neighbours of an entry in the graph, entries looked at when one is added, and the fewest when one is searched for:
#: pgvector's m, ef_construction and ef_search.
CONNECTIVITY, EXPANSION_ADD, EXPANSION_SEARCH = 16, 128, 128

#: The most that pgvector looks at.
MOST_EXPANSION = 1000

#: Candidates beyond those asked for, which the similarity itself scores.
SPARE = 16


def searches(engine: Engine, similarity: Similarity, dimensions: int) -> bool:
    """Return whether the database finds what is nearest by this similarity."""
    return not is_sqlite(engine.url) and ordered_by_product(similarity) and dimensions <= MOST_DIMENSIONS


class ServerSearch:
    """References in a hierarchical navigable small world (Malkov & Yashunin 2018) in the server, an index a model.

    It may miss some. What is found is scored by the similarity. Only where ``searches`` says so.
    """

    def __init__(self, store: Store, similarity: Similarity, dimensions: int) -> None:
        self.store = store
        self.similarity = similarity
        self.dimensions = dimensions
        make_index(store.engine, store.model_id, dimensions)

    @torch.no_grad()
    def nearest(self, query: Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores and the numbers of the k nearest, descending: (D,) -> (k,), (k,); or of all there are."""
        with self.store.reading() as session:
            expansion = min(max(EXPANSION_SEARCH, k + SPARE), MOST_EXPANSION)
            session.execute(text(f"SET LOCAL hnsw.ef_search = {expansion}"))
            session.execute(text("SET LOCAL hnsw.iterative_scan = strict_order"))
            near = text(
                f"SELECT reference_id FROM gemel_embeddings WHERE model_id = {self.store.model_id} "
                f"ORDER BY CAST(embedding AS vector({self.dimensions})) <-> CAST(:query AS vector({self.dimensions})) "
                f"LIMIT {k + SPARE}"
            )
            found = session.scalars(near, {"query": as_vector(query.numpy())}).all()
            chosen = (EmbeddingRow.model_id == self.store.model_id, EmbeddingRow.reference_id.in_(found))
            rows = session.execute(select(EmbeddingRow.reference_id, EmbeddingRow.embedding).where(*chosen)).all()
        if not rows:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        ids, embeddings = zip(*rows, strict=True)
        scores = self.similarity.matrix(query[None], torch.from_numpy(np.stack(embeddings)))[0].numpy()
        order = np.lexsort((ids, -scores))[:k]
        return scores[order], np.array(ids)[order]


def make_index(engine: Engine, model_id: int, dimensions: int) -> None:
    """Let the server index a model's embeddings, if it does not yet."""
    name = index_of(model_id)
    with explained(engine.url), engine.begin() as connection:
        if connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar() is None:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            connection.execute(
                text(
                    f"CREATE INDEX IF NOT EXISTS {name} ON gemel_embeddings USING hnsw "
                    f"(CAST(embedding AS vector({dimensions})) vector_l2_ops) "
                    f"WITH (m = {CONNECTIVITY}, ef_construction = {EXPANSION_ADD}) WHERE model_id = {model_id}"
                )
            )


def index_of(model_id: int) -> str:
    """Return the name of a model's index."""
    return f"gemel_embeddings_of_{model_id}"
