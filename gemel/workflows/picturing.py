"""A model's pictures: pairs, curves, ROC, map and a one-shot trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from gemel.batches import Pairs
from gemel.data import Dataset
from gemel.embedding import embed_dataset
from gemel.evaluation.pairs import random_pairs
from gemel.evaluation.verification import verification
from gemel.model import Model
from gemel.plots import ScoredPairs, curves, embedding_map, one_shot_trial, pair_grid, roc_and_scores, save
from gemel.randomness import numpy_generator
from gemel.training.progress import Record
from gemel.workflows.card import data_name

#: So many items are embedded, so many pairs of them scored, and so many classes mapped and tried, that it is quick.
ITEMS, PAIRS, CLASSES = 2_000, 10_000, 20
#: The thresholds drawn, by the names that people read.
THRESHOLDS = {"EER": "eer", "FAR 1 %": "far_0.01"}


@dataclass(frozen=True, eq=False)
class Seen:
    """What the pictures are made of: a data set, its items' embeddings (N, D), and scored random pairs."""

    model: Model
    dataset: Dataset
    embeddings: Tensor
    pairs: Pairs
    scores: np.ndarray
    what: str
    seed: int


def picture(
    model: Model, dataset: Dataset, what: str, folder: Path, history: Sequence[Record] | None = None
) -> dict[str, Path]:
    """Draw a model's pictures into a folder and return ``name -> path``: pairs, roc, map, trial, curves.

    Args:
        model: whose thresholds and views are taken.
        dataset: classes that the model never saw, of which at most 2,000 items are drawn by the recipe's seed.
        what: these classes, for the titles: "test classes".
        folder: made if need be.
        history: the training's records; without any, there are no curves.

    Raises:
        DataError: there are fewer than two classes, or no class has two items.
    """
    seen = look(model, dataset, what)
    figures = {name: draw(seen) for name, draw in PICTURES.items()}
    if history:
        figures["curves"] = curves(history, f"'{model.recipe.name}'")
    return {name: save(figure, folder / f"{name}.png") for name, figure in figures.items()}


def look(model: Model, dataset: Dataset, what: str) -> Seen:
    """Embed a draw of the items once, and score random pairs of them."""
    seed = model.recipe.training.seed
    items = dataset.take(drawn(dataset, ITEMS, seed))
    pairs = random_pairs(items.labels, PAIRS, seed, item_groups=items.item_groups)
    embeddings = embed_dataset(model.learner, model.preprocessing, items, *model.recipe.validation.seen)
    with torch.inference_mode():
        scores = model.similarity(embeddings[pairs.left], embeddings[pairs.right]).numpy()
    return Seen(model, items, embeddings, pairs, scores, f"{what} of {data_name(model)}", seed)


def drawn(dataset: Dataset, most: int, seed: int, classes: int | None = None) -> np.ndarray:
    """Return the positions of some items, drawn by seed, ascending: whole classes rather than a few items of each.

    Args:
        dataset: to draw from.
        most: items, beyond which no class is begun; a class gives at most 20 of its items, or its even share if that
            is more.
        seed: of the drawing.
        classes: how many at most.
    """
    generator = numpy_generator(seed, "pictures")
    each = max(20, most // max(1, len(dataset.classes)))
    chosen: list[np.ndarray] = []
    order = generator.permutation(len(dataset.classes))[:classes]
    for members in (dataset.by_class[number] for number in order):
        if sum(map(len, chosen)) + min(len(members), each) > most:
            break
        chosen.append(generator.permutation(members)[:each])
    return np.sort(np.concatenate(chosen))


def shown(model: Model, dataset: Dataset) -> np.ndarray:
    """Return all items' pixels as people know them, uint8 (N, C, H, W): drawings as dark ink on light paper."""
    pixels = dataset.items(torch.arange(len(dataset))).numpy()
    return 255 - pixels if model.preprocessing.background == "dark" else pixels


def counted(dataset: Dataset, what: str) -> str:
    """Return ``"24 test classes of glyphs"``."""
    return f"{len(dataset.classes):,} {what}"


def draw_pairs(seen: Seen) -> Figure:
    """Return the grid of the clearest and hardest pairs."""
    left, right = seen.pairs.left.numpy(), seen.pairs.right.numpy()
    labels = seen.dataset.labels
    scored = ScoredPairs(
        items=shown(seen.model, seen.dataset),
        left=left,
        right=right,
        same=seen.pairs.same.numpy(),
        scores=seen.scores,
        probabilities=seen.model.calibration.probability(seen.scores),
        threshold=seen.model.threshold,
    )
    return pair_grid(scored, counted(seen.dataset, seen.what), classes=np.stack([labels[left], labels[right]], axis=1))


def draw_roc(seen: Seen) -> Figure:
    """Return the ROC curve and the scores, at the thresholds frozen on the validation classes."""
    labels = seen.dataset.labels
    left, right = labels[seen.pairs.left], labels[seen.pairs.right]
    result = verification(seen.scores, seen.pairs.same, left, right, seen.model.threshold, seen.seed)
    thresholds = {name: seen.model.thresholds[key].threshold for name, key in THRESHOLDS.items()}
    return roc_and_scores(seen.scores, seen.pairs.same.numpy(), thresholds, counted(seen.dataset, seen.what), result)


def draw_map(seen: Seen) -> Figure:
    """Return the map of at most 20 classes; more could not be told apart."""
    rows = drawn(seen.dataset, ITEMS // 4, seen.seed, CLASSES)
    mapped = seen.dataset.take(rows)
    embeddings = seen.embeddings[rows].numpy()
    return embedding_map(
        embeddings, mapped.labels, mapped.classes, shown(seen.model, mapped), counted(mapped, seen.what), seed=seen.seed
    )


def draw_trial(seen: Seen) -> Figure:
    """Return one trial, drawn by seed and not by its outcome: one item of each of at most 20 classes, and a query."""
    generator = numpy_generator(seen.seed, "trial")
    members = seen.dataset.by_class
    classes = generator.permutation(len(members))[:CLASSES]
    truth = next(place for place, number in enumerate(classes) if len(members[number]) > 1)
    support = np.array([generator.choice(members[number]) for number in classes])
    query = generator.choice(np.setdiff1d(members[classes[truth]], support))
    order = generator.permutation(len(classes))
    with torch.inference_mode():
        scores = seen.model.similarity.matrix(seen.embeddings[[query]], seen.embeddings[support[order]])[0].numpy()
    pixels = shown(seen.model, seen.dataset)
    return one_shot_trial(
        pixels[query], pixels[support[order]], scores, int(np.flatnonzero(order == truth)[0]), seen.what
    )


PICTURES: dict[str, Callable[[Seen], Figure]] = {
    "pairs": draw_pairs,
    "roc": draw_roc,
    "map": draw_map,
    "trial": draw_trial,
}
