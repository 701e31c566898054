"""How well a model verifies signatures: random and skilled forgeries, each with its equal error rate.

    gemel train signatures --out runs/signatures
    python examples/signatures.py runs/signatures --picture signatures.png

The data hold a folder of writers, each with ``genuine`` and ``forged`` inside. Writers of the test classes only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gemel import load
from gemel.data import Dataset, decode_all, open_source
from gemel.embedding import embed_dataset
from gemel.evaluation import verification
from gemel.evaluation.thresholds import point_at_eer
from gemel.evaluation.verification import VerificationResult
from gemel.model import Model
from gemel.plots import roc_and_scores, save
from gemel.randomness import numpy_generator
from gemel.workflows.evaluating import pixels_only


@dataclass(frozen=True)
class Signatures:
    """Embeddings of signatures (N, D), who wrote or is imitated (N,), and whether each is genuine (N,)."""

    embeddings: Tensor
    writers: np.ndarray
    genuine: np.ndarray

    @classmethod
    def of(cls, model: Model, part: str) -> Signatures:
        """Embed the signatures of the model's ``"test"`` or ``"validation"`` writers."""
        source = open_source(model.recipe.data.source, **model.recipe.data.options)
        data: Dataset = decode_all(source, pixels_only(model)).select(model.facts["split"][part])
        embeddings = embed_dataset(model.learner, model.preprocessing, data, model.recipe.validation.views)
        groups = np.unique(data.groups, return_inverse=True)[1]
        kinds = np.array([name.endswith("/genuine") for name in data.classes])
        return cls(embeddings, groups[data.labels], kinds[data.labels])

    def of_writer(self, writer: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of a writer's genuine signatures, and of the forgeries of them."""
        theirs = self.writers == writer
        return np.flatnonzero(theirs & self.genuine), np.flatnonzero(theirs & ~self.genuine)


@dataclass(frozen=True)
class Trials:
    """P comparisons: score, whether the questioned signature is genuine, the writer claimed, and the one imitated."""

    scores: np.ndarray
    same: np.ndarray
    claimed: np.ndarray
    true: np.ndarray

    def take(self, chosen: np.ndarray) -> Trials:
        """Return some of the trials, by a mask (P,)."""
        return Trials(self.scores[chosen], self.same[chosen], self.claimed[chosen], self.true[chosen])

    @property
    def random(self) -> Trials:
        """Genuine trials, and those with another writer's own signature."""
        return self.take((self.same == 1) | (self.claimed != self.true))

    @property
    def skilled(self) -> Trials:
        """Genuine trials, and those with a forgery of the writer claimed."""
        return self.take((self.same == 1) | (self.claimed == self.true))


def trials(model: Model, signatures: Signatures, references: int, repeats: int = 20, seed: int = 0) -> Trials:
    """Return every comparison of a questioned signature with ``references`` genuine ones of the writer it claims.

    One reference: all pairs. More: their mean embedding, drawn ``repeats`` times by ``seed``. What is questioned is the
    writer's other genuine signatures, all forgeries of them, and all genuine signatures of the other writers. Two
    forgeries are never compared.
    """
    rows = one_reference(signatures) if references == 1 else drawn_references(signatures, references, repeats, seed)
    parts = []
    for writer, chosen, questioned in rows:
        mean = model.similarity.canonical(signatures.embeddings[chosen].mean(0))
        with torch.inference_mode():
            scores = model.similarity(mean[None], signatures.embeddings[questioned]).numpy()
        true = signatures.writers[questioned]
        same = (true == writer) & signatures.genuine[questioned]
        parts.append((scores, same.astype(np.int64), np.full(len(questioned), writer), true))
    return Trials(*(np.concatenate(column) for column in zip(*parts, strict=True)))


Row = tuple[int, np.ndarray, np.ndarray]


def one_reference(signatures: Signatures) -> Iterable[Row]:
    """Yield (writer, reference, questioned) so that each unordered pair of genuine signatures comes once."""
    for writer in np.unique(signatures.writers):
        genuine, forged = signatures.of_writer(writer)
        for place, reference in enumerate(genuine):
            later = np.flatnonzero(signatures.genuine & (signatures.writers > writer))
            yield writer, np.array([reference]), np.concatenate([genuine[place + 1 :], forged, later])


def drawn_references(signatures: Signatures, references: int, repeats: int, seed: int) -> Iterable[Row]:
    """Yield (writer, references, questioned) for repeated draws of the references."""
    for writer, repeat in product(np.unique(signatures.writers), range(repeats)):
        genuine, forged = signatures.of_writer(writer)
        chosen = numpy_generator(seed, "references", int(writer), repeat).choice(genuine, references, replace=False)
        others = np.flatnonzero(signatures.genuine & (signatures.writers != writer))
        yield writer, chosen, np.concatenate([np.setdiff1d(genuine, chosen), forged, others])


def measured(test: Trials, frozen: Trials) -> VerificationResult:
    """Return the figures of the test writers' trials, at the threshold of the validation writers' equal error rate."""
    threshold = point_at_eer(frozen.scores[frozen.same == 1], frozen.scores[frozen.same == 0]).threshold
    return verification(test.scores, test.same, test.claimed, test.true, threshold)


def main() -> None:
    """Read the arguments, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("--references", type=int, nargs="+", default=[1, 5], help="genuine signatures to compare with")
    parser.add_argument("--picture", type=Path, help="where to draw the skilled forgeries' ROC and scores")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    model = load(arguments.run)
    test, validation = (Signatures.of(model, part) for part in ("test", "validation"))
    results: dict[str, VerificationResult] = {}
    for count in arguments.references:
        tried, frozen = trials(model, test, count), trials(model, validation, count)
        results[f"random, {count} reference(s)"] = measured(tried.random, frozen.random)
        results[f"skilled, {count} reference(s)"] = measured(tried.skilled, frozen.skilled)
    if arguments.picture:
        shown, name = trials(model, test, 1).skilled, "skilled, 1 reference(s)"
        result = results[name] if name in results else measured(shown, trials(model, validation, 1).skilled)
        what = f"skilled forgeries of {len(np.unique(test.writers))} writers never seen"
        save(roc_and_scores(shown.scores, shown.same, {"EER": result.threshold}, what, result), arguments.picture)
    if arguments.json:
        print(json.dumps({name: result.to_json() for name, result in results.items()}))
    else:
        print("\n".join(f"{name}: {result}" for name, result in results.items()))


if __name__ == "__main__":
    main()
