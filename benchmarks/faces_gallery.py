"""Faces enrolled over REST, the rest recognised, strangers refused: what came, beside what the model promised.

    python benchmarks/faces_gallery.py --out benchmarks/results/faces_gallery.json

AT&T's thirty people are looked up under GEMEL_DATA. ``gemel serve`` runs as a process of its own. The first 3 pictures
of each enrolled person are enrolled; their other 7 are asked about, and all 10 of each stranger. Three models answer:

- faces: the recipe of that name, learnt on 15 of the 20 people who are enrolled and calibrated on the other 5, since
  the set has no further people. The ten strangers were never seen; the enrolled people were.
- faces, in turns: the same recipe on ten people, seven and three to calibrate on; of the other twenty, fourteen are
  enrolled and six are strangers. Three turns, each with another ten; nobody who is asked about was ever seen.
- pretrained: EfficientNet-Lite0 from ImageNet, calibrated on 40 classes of Tiny ImageNet; it has seen none of them.

Each decides three ways: by the calibrated probabilities alone, as it does where no threshold is set; by the model's own
threshold; by the one that the gallery tells from its own references. Told are the rank-1 accuracy (the best class is
right, whatever is decided), the decisions, and the false accept and false reject rates of pictures held against
classes, and against the classes' first pictures: the pairs for which the model's folder promises rates, which are told
beside. The 95 % intervals resample people.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np

from gemel.circumstances import circumstances
from gemel.data import open_source
from gemel.evaluation.intervals import class_bootstrap
from gemel.files import write_json
from gemel.loading import load
from gemel.workflows.training import train

ENROLLED, FAR = 3, 0.02
WAYS = ("by probability", "by the model's threshold", f"by the gallery's threshold for a FAR of {FAR}")
PEOPLE = tuple(range(1, 31))

Pictures = Mapping[int, Sequence[bytes]]


class Turn(NamedTuple):
    """Who is learnt from, who calibrates, who is enrolled, who is a stranger."""

    train: Sequence[int]
    validation: Sequence[int]
    enrolled: Sequence[int]
    strangers: Sequence[int]


AS_ASKED = Turn(PEOPLE[:15], PEOPLE[15:20], PEOPLE[:20], PEOPLE[20:])


def turns() -> list[Turn]:
    """Return three turns, each of which learns from another third of the people."""
    thirds = [PEOPLE[at : at + 10] for at in (0, 10, 20)]
    others = [[one for third in thirds if third is not mine for one in third] for mine in thirds]
    return [Turn(mine[:7], mine[7:], rest[:14], rest[14:]) for mine, rest in zip(thirds, others, strict=True)]


def faces() -> Pictures:
    """Return everybody's pictures as PNG files, in the order of their numbers."""
    source = open_source("att_faces")
    found: dict[int, dict[int, bytes]] = {person: {} for person in PEOPLE}
    for row, name in enumerate(source.listing.names):
        *_, person, picture = Path(name).with_suffix("").parts
        file = BytesIO()
        source.image(row).save(file, "PNG")
        found[int(person[1:])][int(picture)] = file.getvalue()
    return {person: [files[number] for number in sorted(files)] for person, files in found.items()}


def learnt(turn: Turn, folder: Path) -> Path:
    """Train the recipe for faces on a turn's people."""
    seen = {*turn.train, *turn.validation}
    parts = {"validation": turn.validation, "test": [person for person in PEOPLE if person not in seen]}
    patterns = {part: ", ".join(f"'*/s{person}'" for person in people) for part, people in parts.items()}
    train("faces", folder, [f"data.{part}=[{names}]" for part, names in patterns.items()])
    return folder


@contextmanager
def served(run: Path, gallery: Path) -> Iterator[httpx.Client]:
    """Give a client of a server of its own."""
    program = [sys.executable, "-c", "from gemel.cli import main; main()", "serve", str(run)]
    options = ["--gallery", str(gallery), "--port", "0", "--no-page", "--jobs", str(gallery.with_suffix(".jobs"))]
    process = subprocess.Popen([*program, *options], stderr=subprocess.PIPE, text=True)
    try:
        told = process.stderr.readline()  # type: ignore[union-attr]
        port = told.rsplit(":", 1)[1].split()[0]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(60)


def asked(client: httpx.Client, method: str, path: str, **content: Any) -> Any:
    """Return a reply; one that is none ends everything."""
    return client.request(method, path, **content).raise_for_status().json()


class Asked(NamedTuple):
    """What was answered about Q pictures in a gallery of N classes.

    Attributes:
        person: (Q,) whose picture it is.
        enrolled: (Q, N) whose classes there are.
        best: (Q,) the best class, whatever is decided.
        called: (Q, W) what ``identify`` decides, by each of the ``WAYS``; 0 for unknown.
        limits: (Q, W) the threshold that ``classes/{label}/verify`` goes by, by each way.
        likeness: (Q, N) the score with every class, as ``classes/{label}/verify`` gives it.
        pairs: (Q, N) the score with the first picture of every class, as ``verify`` gives it.
    """

    person: np.ndarray
    enrolled: np.ndarray
    best: np.ndarray
    called: np.ndarray
    limits: np.ndarray
    likeness: np.ndarray
    pairs: np.ndarray


def answers(client: httpx.Client, pictures: Pictures, turn: Turn) -> tuple[Asked, dict[str, Any]]:
    """Enrol over REST, then ask about the rest; and tell what the gallery says of its own threshold."""
    for person in turn.enrolled:
        for picture in pictures[person][:ENROLLED]:
            asked(client, "POST", f"/classes/s{person}/references", files={"file": picture})
    rows = [(person, picture) for person in turn.enrolled for picture in pictures[person][ENROLLED:]]
    rows += [(person, picture) for person in turn.strangers for picture in pictures[person]]
    own = asked(client, "GET", "/thresholds/at", params={"far": FAR})
    model = asked(client, "GET", "/thresholds")["model"]
    said = []
    for threshold in (None, model, own["threshold"]):
        asked(client, "PUT", "/thresholds", json={"threshold": threshold})
        said.append([identified(client, picture) for _, picture in rows])
    best, called = np.array(said)[0, :, 0], np.array(said)[:, :, 1].T
    embeddings = [embedded(client, picture) for _, picture in rows]
    firsts = [embedded(client, pictures[person][0]) for person in turn.enrolled]
    likeness = [[of_class(client, one, person) for person in turn.enrolled] for one in embeddings]
    pairs = [[of_pair(client, one, first) for first in firsts] for one in embeddings]
    whose, shape = np.array([person for person, _ in rows]), (len(rows), len(firsts))
    enrolled = np.broadcast_to(turn.enrolled, shape)
    limits = np.broadcast_to([model, model, own["threshold"]], called.shape)
    return Asked(whose, enrolled, best, called, limits, np.array(likeness), np.array(pairs)), own


def identified(client: httpx.Client, picture: bytes) -> tuple[int, int]:
    """Return the best class, and the one that is decided on or 0 for unknown."""
    reply = asked(client, "POST", "/identify", files={"file": picture}, data={"top": 1})
    return int(reply["matches"][0]["label"][1:]), int((reply["label"] or "s0")[1:])


def embedded(client: httpx.Client, picture: bytes) -> list[float]:
    """Return a picture's embedding."""
    return list(asked(client, "POST", "/embed", files={"file": picture})["embedding"])


def of_class(client: httpx.Client, embedding: list[float], person: int) -> float:
    """Return the score with a class."""
    return float(asked(client, "POST", f"/classes/s{person}/verify", json={"embedding": embedding})["score"])


def of_pair(client: httpx.Client, a: list[float], b: list[float]) -> float:
    """Return the score of two pictures."""
    return float(asked(client, "POST", "/verify", json={"a": a, "b": b})["score"])


def rate(hits: np.ndarray, counted: np.ndarray, person: np.ndarray) -> dict[str, Any]:
    """Return the share of hits among what counts, (Q,) or (Q, N), with its interval over people, and how many count."""
    people, place = np.unique(person, return_inverse=True)
    width = hits.reshape(len(person), -1)
    mask = counted.reshape(len(person), -1)
    right = np.bincount(place, (width & mask).sum(1), len(people))
    total = np.bincount(place, mask.sum(1), len(people))

    def share(weights: np.ndarray) -> np.ndarray:
        return np.array([weights @ right / (weights @ total) if weights @ total else np.nan])

    (estimate,) = class_bootstrap(share, len(people), seed=0)
    return {**estimate.to_json(), "of": int(total.sum())}


def decided(found: Asked, way: int) -> dict[str, Any]:
    """Return what the decisions by one way are worth."""
    called, person = found.called[:, way], found.person
    own, limits = found.enrolled == person[:, None], found.limits[:, way, None]
    known, passed, alike = own.any(1), found.likeness >= limits, found.pairs >= limits
    return {
        "known, and named rightly": rate(called == person, known, person),
        "known, and called another": rate((called != person) & (called > 0), known, person),
        "known, and called unknown": rate(called == 0, known, person),
        "strangers called unknown": rate(called == 0, ~known, person),
        "pair by pair: false accepts": rate(alike, ~own, person),
        "pair by pair: false rejects": rate(~alike, own, person),
        "class by class: false accepts of strangers": rate(passed, ~own & ~known[:, None], person),
        "class by class: false accepts of all": rate(passed, ~own, person),
        "class by class: false rejects": rate(~passed, own, person),
    }


def figures(runs: Sequence[Path], those: Sequence[Turn], pictures: Pictures) -> dict[str, Any]:
    """Return the figures of a model, or of several on different people, whose answers are put together."""
    parts, promised = [], []
    for run, turn in zip(runs, those, strict=True):
        with tempfile.TemporaryDirectory() as folder, served(run, Path(folder) / "faces.db") as client:
            found, own = answers(client, pictures, turn)
        parts.append(found)
        promised.append({"model": load(run).thresholds["eer"].to_json(), "gallery": own})
    whole = Asked(*map(np.concatenate, zip(*parts, strict=True)))
    known = (whole.enrolled == whole.person[:, None]).any(1)
    return {
        "people": [turn._asdict() for turn in those],
        "rank-1 accuracy": rate(whole.best == whole.person, known, whole.person),
        "promised": promised,
        **{name: decided(whole, way) for way, name in enumerate(WAYS)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    pictures = faces()
    with tempfile.TemporaryDirectory() as folder:
        as_asked = learnt(AS_ASKED, Path(folder, "asked"))
        in_turns = [learnt(turn, Path(folder, f"turn{number}")) for number, turn in enumerate(turns())]
        general = Path(folder, "pretrained")
        train("pretrained", general, ["data.source=tiny_imagenet", "data.test=0.7"])
        told = {
            **circumstances(),
            "faces": figures([as_asked], [AS_ASKED], pictures),
            "faces, in turns": figures(in_turns, turns(), pictures),
            "pretrained": figures([general], [AS_ASKED], pictures),
        }
    print(json.dumps(told, indent=2))
    if given.out:
        write_json(given.out, told)


if __name__ == "__main__":
    main()
