"""Kill a writer again and again, and count what is lost: ``python -m tests.gallery.killing RUN ADDRESS KILLS SEED``.

The parent imports once and forks a writer at a time, which enrols two pictures into a class of its own, tells the class
once the call has returned, and goes on until it is killed. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from typing import NoReturn

import numpy as np
from sqlalchemy import func, select, text

from gemel import Gallery, Model, load
from gemel.gallery.database import is_sqlite
from gemel.gallery.tables import ClassRow, EmbeddingRow, ReferenceRow


def write(address: str, model: Model, number: int, pipe: int) -> NoReturn:
    """Enrol until killed, telling each class that was acknowledged."""
    rng = np.random.default_rng(number)
    with Gallery(address, model, originals=True) as gallery:
        for count in range(10**6):
            label = f"{number}/{count}"
            gallery.enrol(label, list(rng.integers(0, 256, (2, 28, 28)).astype(np.uint8)))
            os.write(pipe, f"{label}\n".encode())
    os._exit(1)


def killed(address: str, model: Model, number: int, rng: random.Random) -> list[str]:
    """Return the classes that a writer told before it was killed, some moment after it told none, one, ... or four."""
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        os.close(receive)
        write(address, model, number, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        told = [pipe.readline() for _ in range(rng.randrange(5))]
        time.sleep(rng.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return b"".join([*told, pipe.read()]).decode().split()


def lacking(address: str, model: Model, told: set[str]) -> dict[str, int]:
    """Open the gallery as the next process does, and return what is wrong with it, in numbers."""
    with Gallery(address, model) as gallery:
        with gallery.store.reading() as session:
            whole = not is_sqlite(gallery.engine.url) or session.scalar(text("PRAGMA integrity_check")) == "ok"
            each = select(ClassRow.label, func.count()).outerjoin(ReferenceRow).outerjoin(EmbeddingRow)
            found: dict[str, int] = dict(session.execute(each.group_by(ClassRow.label)).all())
            pictures = select(ReferenceRow.id).where(ReferenceRow.original.is_(None) | ReferenceRow.thumbnail.is_(None))
            bare = len(session.scalars(pictures).all())
            embedded = Counter(session.scalars(select(EmbeddingRow.reference_id)).all())
            references = set(session.scalars(select(ReferenceRow.id)).all())
        answers = not references or gallery.identify(np.eye(28)).matches != ()
    return {
        "lost": len(told - found.keys()),
        "half": sum(count != 2 for count in found.values()) + bare + len(references ^ embedded.keys()),
        "unclean": int(not whole) + int(not answers),
    }


def main(run: str, address: str, kills: str, seed: str) -> None:
    """Kill, look, and count."""
    model, rng, told, wrong = load(run), random.Random(int(seed)), set[str](), Counter[str]()
    for number in range(int(kills)):
        told.update(killed(address, model, number, rng))
        wrong.update(lacking(address, model, told))
    print(json.dumps({"kills": int(kills), "acknowledged": len(told), **wrong}))


if __name__ == "__main__":
    main(*sys.argv[1:])
