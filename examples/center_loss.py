"""What center loss does: two numbers a digit, learnt with softmax alone and with center loss beside it.

    python examples/center_loss.py --picture center_loss.png

After figures 2 and 3 of Wen et al. 2016, on scikit-learn's real handwritten digits. The ten digits are classes of the
training, and the picture shows other drawings of them: it is about the shape of the features, and no few-shot figure.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gemel.assembly import assemble, sampler_of
from gemel.data import Dataset, Preprocessing, decode_all, open_source
from gemel.embedding import embed_dataset
from gemel.learners import EmbeddingLearner
from gemel.plots import save
from gemel.plots.style import INK, SMALL, class_colours, new_figure, quiet
from gemel.recipes import Recipe
from gemel.training.device import device_of
from gemel.training.feed import PictureFeed
from gemel.training.progress import Silent
from gemel.training.trainer import Trainer
from gemel.workflows.feeding import augmentation_of
from gemel.workflows.preparing import with_statistics

#: The first so many of the 1,797 drawings are learnt from, and the rest are shown.
LEARNT = 1200

RECIPE = {
    "name": "center_loss",
    "data": {"source": "digits"},
    "preprocessing": {"size": 16, "channels": 1, "fit": "stretch"},
    "augmentation": {"rotate": 8, "scale": 0.1, "shear": 6, "translate": 0.06},
    "encoder": {"name": "conv4", "dimensions": 2, "filters": 32},
    "similarity": "euclidean",
    "learner": "classification",
    "sampler": {"name": "items", "batch_size": 128},
    "training": {"steps": 400, "learning_rate": 0.003, "average": 0.99, "precision": "float32", "device": "cpu"},
}


@dataclass(frozen=True)
class Features:
    """The shown drawings' features (N, 2), with what was measured on them."""

    weight: float
    places: np.ndarray
    labels: np.ndarray
    accuracy: float
    spread: float

    def __str__(self) -> str:
        return f"weight {self.weight:g}: accuracy {self.accuracy:.1%}, spread {self.spread:.3f}"


def part(data: Dataset, rows: np.ndarray) -> Dataset:
    """Return some items of a data set, all its classes kept."""
    names = tuple(data.names[row] for row in rows)
    return replace(data, labels=data.labels[rows], names=names, rows=rows)


def in_order(data: Dataset) -> np.ndarray:
    """Return the items as they stand in the published file, where those of one writer lie together."""
    return np.argsort([name.rpartition("/")[2] for name in data.names])


def trained(recipe: Recipe, data: Dataset, preprocessing: Preprocessing) -> EmbeddingLearner:
    """Return the recipe's learner after its last step; nothing is chosen on any other data."""
    learner = assemble(recipe, preprocessing.channels, len(data.classes))
    seed, device = recipe.training.seed, device_of(recipe.training.device)
    feed = PictureFeed(data, sampler_of(recipe, data.labels), preprocessing, augmentation_of(recipe), seed, device)
    with tempfile.TemporaryDirectory() as run:
        Trainer(
            learner, feed, recipe.training, lambda average, metrics: (0.0, []), Path(run), recipe.yaml(), Silent()
        ).train()
    return learner.eval()


def features(weight: float, seed: int, steps: int) -> Features:
    """Train with a weight of the center term, and return the features of the drawings not learnt from.

    The accuracy is that of the nearest class mean, the means being those of the training's drawings. The spread is the
    mean distance of a drawing from its class's mean over the mean distance between two classes' means.
    """
    loss = {"name": "center", "weight": weight}
    recipe = Recipe.of({**RECIPE, "loss": loss}, [f"training.seed={seed}", f"training.steps={steps}",
                                                  f"training.validate_every={steps}"])  # fmt: skip
    chosen = recipe.preprocessing
    assert chosen.size is not None
    plain = Preprocessing(size=chosen.size, channels=1, fit=chosen.fit)
    data = decode_all(open_source("digits"), plain)
    rows = in_order(data)
    learnt, shown = part(data, rows[:LEARNT]), part(data, rows[LEARNT:])
    preprocessing = with_statistics(plain, learnt)
    learner = trained(recipe, learnt, preprocessing)
    known, places = (embed_dataset(learner, preprocessing, items).numpy() for items in (learnt, shown))
    means = np.stack([known[learnt.labels == digit].mean(0) for digit in range(len(data.classes))])  # (10, 2)
    distances = np.linalg.norm(places[:, None] - means, axis=-1)  # (N, 10)
    between = np.linalg.norm(means[:, None] - means, axis=-1).sum() / (len(means) * (len(means) - 1))
    within = distances[np.arange(len(places)), shown.labels].mean()
    accuracy = float((distances.argmin(1) == shown.labels).mean())
    return Features(weight, places, shown.labels, accuracy, float(within / between))


def drawn(all_features: list[Features]) -> Figure:
    """Return the features side by side, a colour a digit."""
    count = len(all_features[0].labels)
    note = (
        f"{count:,} drawings that training did not see. Spread: distance to the class's mean over that between means."
    )
    figure = new_figure(4.6, "Center loss: two numbers a digit", note)
    for axes, one in zip(np.atleast_1d(figure.subplots(1, len(all_features))), all_features, strict=True):
        scatter(axes, one)
    return figure


def scatter(axes: Axes, one: Features) -> None:
    """Draw one set of features, each digit's name at its mean."""
    beside = f"center loss, weight {one.weight:g}" if one.weight else "softmax alone"
    quiet(axes, beside, f"accuracy {100 * one.accuracy:.1f} %, spread {one.spread:.2f}")
    colours = np.array(class_colours(10))
    axes.scatter(one.places[:, 0], one.places[:, 1], s=7, c=colours[one.labels], alpha=0.7, linewidths=0)
    for digit in range(10):
        x, y = one.places[one.labels == digit].mean(0)
        box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": colours[digit], "alpha": 0.9}
        axes.text(x, y, str(digit), size=SMALL, color=INK, ha="center", va="center", bbox=box)
    axes.set_aspect("equal", adjustable="datalim")


def main() -> None:
    """Read the arguments, train, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=float, nargs="+", default=[0.0, 0.1, 1.0], help="of the center term")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--picture", type=Path, help="where to draw them side by side")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    began = time.monotonic()
    found = [features(weight, arguments.seed, arguments.steps) for weight in arguments.weights]
    if arguments.picture:
        save(drawn(found), arguments.picture)
    if arguments.json:
        told = [{"weight": one.weight, "accuracy": one.accuracy, "spread": one.spread} for one in found]
        print(json.dumps({"seed": arguments.seed, "seconds": round(time.monotonic() - began), "features": told}))
    else:
        print("\n".join(map(str, found)))


if __name__ == "__main__":
    main()
