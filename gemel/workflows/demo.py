"""The main job, whole, on built-in data: learn likeness from made-up alphabets, then recognise what was never seen."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemel.data import open_source
from gemel.errors import ModelError
from gemel.files import write_json
from gemel.model import Model
from gemel.training.progress import Reporter, Silent
from gemel.verdicts import Identification, Verdict
from gemel.workflows.evaluating import Plan, embedded, evaluate_episodes, unseen
from gemel.workflows.preparing import Progress
from gemel.workflows.reporting import report
from gemel.workflows.supporting import support_of
from gemel.workflows.training import train

#: Lies in a run folder that the demo made, and may therefore replace.
MARK = ".gemel-demo"

#: What makes the demo quick, and its figures poor.
QUICK = (
    "data.options={alphabets: 20, characters: 20, writers: 6, size: 40}",
    "training.steps=80",
    "training.validate_every=40",
    "validation.episodes=50",
)

#: Characters enrolled, and drawings of each.
ENROLLED, SHOTS = 5, 2


@dataclass(frozen=True)
class Examples:
    """Drawings of one alphabet that the model never saw, as files.

    Attributes:
        support: a folder with a folder of drawings for each enrolled character.
        label: the character that ``known`` and ``again`` are drawings of; it is enrolled, these drawings are not.
        stranger: a drawing of a character that is not enrolled.
    """

    support: Path
    label: str
    known: Path
    again: Path
    stranger: Path


@dataclass(frozen=True)
class Demonstration:
    """What the demo found.

    Attributes:
        run: the model folder.
        seconds: of everything, training included.
        training: steps, the best one, validation accuracy and seconds.
        glyphs: figures on the test alphabets: ``5_way_1_shot``, ``20_way_1_shot``, ``verification``.
        digits: figures on scikit-learn's handwritten digits: ``5_way_1_shot``, ``10_way_1_shot``.
        examples: the pictures asked about.
        verdicts: of two drawings of one character, and of two of different ones.
        identifications: of ``examples.known`` and ``examples.stranger``.
        pictures: what was drawn, by name.
    """

    run: Path
    seconds: float
    training: dict[str, Any]
    glyphs: dict[str, Any]
    digits: dict[str, Any]
    examples: Examples
    verdicts: tuple[Verdict, Verdict]
    identifications: tuple[Identification, ...]
    pictures: dict[str, Path]

    @property
    def gallery(self) -> Path:
        """Where the page's gallery is kept."""
        return self.run / "gallery.db"

    def to_json(self) -> dict[str, Any]:
        """Return plain values; each answer stands beside the ``truth``."""
        shown, truths = self.examples, (self.examples.label, None)
        pairs = zip((shown.again, shown.stranger), self.verdicts, (True, False), strict=True)
        return {
            "run": str(self.run),
            "seconds": self.seconds,
            "training": self.training,
            "glyphs": self.glyphs,
            "digits": self.digits,
            "verify": [
                {"a": str(shown.known), "b": str(b), "truth": truth, **verdict.to_json()} for b, verdict, truth in pairs
            ],
            "identify": [
                {**one.to_json(), "truth": truth} for one, truth in zip(self.identifications, truths, strict=True)
            ],
            "pictures": {name: str(path) for name, path in self.pictures.items()},
        }


def demo(
    out: Path,
    quick: bool = False,
    seed: int = 0,
    reporter: Reporter | None = None,
    progress: Progress | None = None,
) -> Demonstration:
    """Train a siamese model on made-up alphabets, measure it on others and on real digits, and ask it a few questions.

    Args:
        out: the run folder; one that an earlier demo made is replaced.
        quick: a training far too short to be good, to see that everything works.
        seed: of the alphabets and of the training.
        reporter: is told how it goes.
        progress: is told how the drawing of the alphabets goes: (drawings done, drawings in all).

    Raises:
        ModelError: the folder holds something that no demo made.
        TrainingInterrupted: Ctrl-C came while training.
    """
    began, reporter = time.monotonic(), reporter or Silent()
    claim(out)
    reporter.say("Learning likeness from made-up alphabets ...")
    overrides = [*(QUICK if quick else ()), f"training.seed={seed}", f"data.options.seed={seed}"]
    model = train("demo", out, overrides, reporter=reporter, progress=progress)
    reporter.say("Measuring it on alphabets that it never saw, and on real digits ...")
    pictures = report(model, out)
    glyphs = json.loads((out / "results.json").read_text(encoding="utf-8"))
    digits = on_digits(model)
    examples = write_examples(model, out)
    found = Demonstration(
        run=out,
        seconds=time.monotonic() - began,
        training=model.facts["training"],
        glyphs=glyphs,
        digits=digits,
        examples=examples,
        verdicts=(model.verify(examples.known, examples.again), model.verify(examples.known, examples.stranger)),
        identifications=tuple(model.identify([examples.known, examples.stranger], support_of(model, examples.support))),
        pictures=pictures,
    )
    write_json(out / "demo.json", found.to_json())
    return found


def claim(run: Path) -> None:
    """Leave an empty folder that is marked as the demo's.

    Raises:
        ModelError: there is a folder with something in it that no demo made, or a file.
    """
    if run.exists() and not run.is_dir():
        raise ModelError(f"{run} is a file; choose another --out.")
    contents = list(run.iterdir()) if run.exists() else []
    if contents and not (run / MARK).is_file():
        raise ModelError(f"{run} is not empty, and not from an earlier demo; choose another --out.")
    for path in contents:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARK:
            path.unlink()
    run.mkdir(parents=True, exist_ok=True)
    (run / MARK).write_text("The next gemel demo may replace this folder.\n", encoding="utf-8")


def on_digits(model: Model) -> dict[str, Any]:
    """Return the one-shot accuracy on scikit-learn's digits, which are real, and of another kind than the alphabets."""
    items = embedded(model, unseen(model, "digits"))
    return {f"{ways}_way_1_shot": evaluate_episodes(model, items, Plan(ways=ways)).to_json() for ways in (5, 10)}


def write_examples(model: Model, run: Path) -> Examples:
    """Write drawings of the first test alphabet: the first characters to enrol, the next one as a stranger."""
    source = open_source(model.facts["data"]["source"], **model.recipe.data.options)
    rows = {name: row for row, name in enumerate(source.listing.names)}

    def write(character: str, writer: int, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        source.image(rows[f"{character}/writer{writer:02d}"]).save(path)
        return path

    *enrolled, other = model.facts["split"]["test"][: ENROLLED + 1]
    for character in enrolled:
        for writer in range(SHOTS):
            write(character, writer, run / "support" / character / f"writer{writer:02d}.png")
    asked = run / "queries"
    return Examples(
        support=run / "support",
        label=enrolled[0],
        known=write(enrolled[0], SHOTS, asked / "known.png"),
        again=write(enrolled[0], SHOTS + 1, asked / "again.png"),
        stranger=write(other, SHOTS, asked / "stranger.png"),
    )
