"""How much of the bare encoder's batch throughput a server passes on to many clients, in one run.

    python benchmarks/serve_load.py --clients 16 --seconds 60 --out benchmarks/results/serve_load.json
    python benchmarks/serve_load.py --run runs/parts      # a model of your own
    python benchmarks/serve_load.py --batches

The bare encoder embeds prepared pictures in batches of 4, 8, 16 and 32, of which the fastest counts, with as many
threads as PyTorch takes; it and the server take turns, six times, so that both meet the machine at its slower and
faster. The server is ``gemel serve`` as a process of its own, over a gallery of 20 classes of three made-up characters;
each client keeps one connection, and asks ``POST /api/v1/identify`` with a PNG of its own as soon as the last answer is
there. The clients share the cores with the server. --batches measures instead what a batch gains, and whether its rows
are, to the bit, those of single pictures. --shared says in the figures that other work ran beside.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from gemel import Gallery, Model, load
from gemel.circumstances import circumstances
from gemel.data.sources.glyphs import draw_glyphs
from gemel.embedding import embed_pixels
from gemel.files import write_json
from gemel.server.together import SIZES, embed_together

GOAL, BATCHES, CLASSES, TURNS = 0.8, (4, 8, 16, 32), 20, 6


def drawings(alphabet: int, characters: int, writers: int) -> np.ndarray:
    """Return made-up characters: (characters, writers, 64, 64)."""
    return draw_glyphs(alphabet, characters=characters, writers=writers, size=64, seed=11)


def png(drawing: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(drawing).save(file, "PNG")
    return file.getvalue()


def prepared(model: Model, pictures: np.ndarray) -> torch.Tensor:
    """Return pictures (N, 64, 64) as the encoder sees them: (N, C, H, W)."""
    return torch.from_numpy(np.stack([model.preprocessing.pixels(Image.fromarray(one)) for one in pictures]))


def bare_rate(model: Model, seconds: float) -> float:
    """Return pictures a second, prepared already, in batches of the size that does best."""
    pixels = prepared(model, drawings(1, 8, 4).reshape(-1, 64, 64))
    return max(rate_of(model, pixels[:size], seconds / len(BATCHES)) for size in BATCHES)


def rate_of(model: Model, pixels: torch.Tensor, seconds: float) -> float:
    """Return pictures a second in batches of these."""
    embed_pixels(model.learner, model.preprocessing, pixels, *model.recipe.validation.seen)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        embed_pixels(model.learner, model.preprocessing, pixels, *model.recipe.validation.seen)
        done += len(pixels)
    return done / (time.perf_counter() - start)


@contextmanager
def served(run: str, model: Model) -> Iterator[int]:
    """Give the port of a server over a gallery that is filled."""
    with tempfile.TemporaryDirectory() as folder:
        address = str(Path(folder) / "load.db")
        with Gallery(address, model) as gallery:
            for number, examples in enumerate(drawings(2, CLASSES, 3)):
                gallery.enrol(f"class {number}", [png(one) for one in examples])
        command = [
            sys.executable,
            "-c",
            "from gemel.cli import main; main()",
            "serve",
            run,
            "--gallery",
            address,
            "--port",
            "0",
            "--no-page",
        ]
        process = subprocess.Popen([*command, "--jobs", f"{folder}/jobs"], stderr=subprocess.PIPE, text=True)
        try:
            told = process.stderr.readline()  # type: ignore[union-attr]
            yield int(told.rsplit(":", 1)[1].split()[0])
        finally:
            process.terminate()
            process.wait(60)


def request(picture: bytes, port: int) -> bytes:
    """Return a question as it goes over the wire."""
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n'
    body = form + picture + b"\r\n--b--\r\n"
    head = (
        f"POST /api/v1/identify HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the status and the content of an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
    return int(head.split()[1]), await reader.readexactly(int(length.partition(":")[2]))


async def ready(port: int) -> None:
    """Wait until the encoder has been tried out."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        told = json.loads((await answer(reader))[1])
        writer.close()
        if told["ready"]:
            print(f"batches of {told['batches']} agree with single pictures", file=sys.stderr)
            return
        await asyncio.sleep(0.2)


async def asked(port: int, clients: int, seconds: float, requests: list[bytes]) -> tuple[list[float], int, float]:
    """Return how long each answer took, how many were errors, and the seconds from the first to the last."""
    turn, took, errors = count(), list[float](), 0
    start = time.perf_counter()

    async def client() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() - start < seconds:
            begun = time.perf_counter()
            writer.write(requests[next(turn) % len(requests)])
            status, _ = await answer(reader)
            took.append(time.perf_counter() - begun)
            errors += status != 200
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return took, errors, time.perf_counter() - start


def load_figures(run: str, clients: int, seconds: float) -> dict[str, Any]:
    """Return the server's figures beside the bare encoder's."""
    model = load(run)
    pictures = drawings(3, 100, 10).reshape(-1, 64, 64)  # more than the server keeps in mind
    bare, rates, took, errors = list[float](), list[float](), list[float](), 0
    with served(run, model) as port:
        requests = [request(png(one), port) for one in pictures]
        asyncio.run(ready(port))
        asyncio.run(asked(port, clients, min(1.0, seconds / 10), requests))
        for _ in range(TURNS):
            bare.append(bare_rate(model, seconds / TURNS / 2))
            answered, failed, lasted = asyncio.run(asked(port, clients, seconds / TURNS, requests))
            rates.append(len(answered) / lasted)
            took, errors = took + answered, errors + failed
    return {
        "clients": clients,
        "seconds": seconds,
        "turns": TURNS,
        "answers": len(took),
        "errors": errors,
        "a second": round(float(np.mean(rates)), 1),
        "bare encoder, a second": round(float(np.mean(bare)), 1),
        "share of the bare encoder": round(float(np.mean(rates) / np.mean(bare)), 3),
        "share by turn": [round(one / other, 3) for one, other in zip(rates, bare, strict=True)],
        "goal": GOAL,
        "milliseconds": {name: round(1000 * float(np.quantile(took, q)), 1) for name, q in QUANTILES.items()},
    }


QUANTILES = {"median": 0.5, "p95": 0.95, "p99": 0.99, "longest": 1.0}


def batch_figures(run: str, rounds: int = 3) -> dict[str, Any]:
    """Return milliseconds of processor time a picture, by batch size, and which rows are those of single pictures."""
    model = load(run)
    pixels = prepared(model, drawings(1, 4, 4).reshape(-1, 64, 64))
    seen = model.recipe.validation.seen
    ways = {
        "apart": embed_together,
        "plain": lambda model, part: embed_pixels(model.learner, model.preprocessing, part, *seen),
    }
    alone = torch.cat([embed_together(model, one[None]) for one in pixels])
    figures: dict[str, Any] = {}
    for size in (1, *sorted(SIZES)):
        for name, way in ways.items():
            times = []
            for _ in range(rounds):
                start = time.process_time()
                found = torch.cat([way(model, part).clone() for part in pixels.split(size)])
                times.append(1000 * (time.process_time() - start) / len(pixels))
            equal = int((found == alone).all(1).sum())
            figures[f"{size} {name}"] = {
                "ms a picture": round(min(times), 2),
                "equal to the bit": f"{equal} of {len(alone)}",
            }
    return {"threads": torch.get_num_threads(), "batches": figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="characters")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--batches", action="store_true")
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    figures = batch_figures(given.run) if given.batches else load_figures(given.run, given.clients, given.seconds)
    told = {**circumstances(), "shared with other work": given.shared, "model": given.run, **figures}
    print(json.dumps(told, indent=2))
    if given.out:
        write_json(given.out, told)


if __name__ == "__main__":
    main()
