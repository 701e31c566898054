"""Do two patches show the same place? Networks that see a pair in four ways, beside NCC and SSD.

    python benchmarks/patches.py --out benchmarks/results/patches.json
    python benchmarks/patches.py --folder FOLDER --steps 20

Patches come from scikit-image's rectified stereo pair "motorcycle" (Middlebury 2014), matched by its ground-truth
disparity: the patch about (row, column) on the left shows what that about (row, column - disparity) shows on the right,
unless something nearer hides it there. An unmatched pair is of two places at least a patch's half side apart. The
pictures are cut into five bands of rows; train on the first, third and fifth, test on the others: no pixel is in both.
Told is FPR95, the share of unmatched pairs that score at least as high as the lowest of the best 95 % of matched pairs
(Zagoruyko & Komodakis 2015).

``skimage.data.stereo_motorcycle()`` fetches the pair where scikit-image is installed. Elsewhere, --folder names one
that holds motorcycle_left.png, motorcycle_right.png and motorcycle_disp.npz, as older wheels ship them:

    pip download scikit-image==0.15.0 --no-deps --only-binary=:all: --python-version 3.7 --platform manylinux1_x86_64
    unzip scikit_image-0.15.0-*.whl 'skimage/data/motorcycle*'
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gemel.assembly import assemble
from gemel.batches import Pairs
from gemel.circumstances import circumstances
from gemel.encoders import Pixels
from gemel.evaluation.intervals import counted_rate
from gemel.evaluation.pairs import pair_scores
from gemel.learners import EmbeddingLearner
from gemel.randomness import numpy_generator, seeded
from gemel.recipes import Recipe
from gemel.similarity import Cosine, Similarity, SquaredEuclidean
from gemel.training.device import lowered
from gemel.training.memory import keep_freed
from gemel.training.schedule import cosine_rate

BANDS = 5
BRANCH = {"name": "zagoruyko"}
METHODS: dict[str, dict[str, Any]] = {
    "siamese": {"encoder": BRANCH, "similarity": "weighted_l1"},
    "pseudo-siamese": {
        "encoder": {"name": "twin", "left": BRANCH, "right": BRANCH},
        "similarity": {"name": "crossed", "inner": "weighted_l1"},
    },
    "2-channel": {"encoder": "pixels", "similarity": {"name": "two_channel"}},
    "2-channel-2-stream": {"encoder": "pixels", "similarity": {"name": "two_channel", "streams": 2}},
}


@dataclass(frozen=True)
class Stereo:
    """A rectified pair: grey ``left`` and ``right`` (H, W) in 0 ... 1, and the left's ``disparity`` (H, W) or inf."""

    left: np.ndarray
    right: np.ndarray
    disparity: np.ndarray


def read_stereo(folder: Path | None) -> Stereo:
    """Return the pair in a folder, or scikit-image's."""
    if folder is None:
        from skimage.data import stereo_motorcycle

        left, right, disparity = stereo_motorcycle()
        pictures = [Image.fromarray(picture) for picture in (left, right)]
    else:
        pictures = [Image.open(folder / f"motorcycle_{side}.png") for side in ("left", "right")]
        with np.load(folder / "motorcycle_disp.npz") as file:
            disparity = file["arr_0"]
    left, right = (np.asarray(picture.convert("L"), dtype=np.float32) / 255 for picture in pictures)
    return Stereo(left, right, disparity)


def seen_twice(stereo: Stereo) -> np.ndarray:
    """Return what both pictures show, as rows of (row, column on the left, column on the right): (M, 3)."""
    rows, columns = np.nonzero(np.isfinite(stereo.disparity))
    disparities = stereo.disparity[rows, columns]
    others = np.rint(columns - disparities).astype(int)
    inside = others >= 0
    rows, columns, others, disparities = (values[inside] for values in (rows, columns, others, disparities))
    nearest = np.zeros(stereo.disparity.shape, np.float32)  # the largest disparity that lands on a pixel of the right
    np.maximum.at(nearest, (rows, others), disparities)
    return np.stack([rows, columns, others], 1)[disparities > nearest[rows, others] - 1]


def places(stereo: Stereo, size: int, test: bool) -> np.ndarray:
    """Return the centres of patches that lie within one band, and within both pictures: (M, 3)."""
    found, half = seen_twice(stereo), size // 2
    height, width = stereo.left.shape
    bands = [(found[:, 0] + shift) * BANDS // height for shift in (-half, half - 1)]
    columns = found[:, 1:]
    whole = (bands[0] == bands[1]) & (found[:, 0] >= half) & (found[:, 0] + half <= height)
    return found[whole & ((columns >= half) & (columns + half <= width)).all(1) & ((bands[0] % 2 == 1) == test)]


def cut(picture: np.ndarray, rows: np.ndarray, columns: np.ndarray, size: int) -> Tensor:
    """Return the patches about the places, less the picture's mean, over its deviation: (P, 1, size, size)."""
    windows = np.lib.stride_tricks.sliding_window_view((picture - picture.mean()) / picture.std(), (size, size))
    return torch.from_numpy(windows[rows - size // 2, columns - size // 2])[:, None]


def draw(stereo: Stereo, found: np.ndarray, count: int, size: int, generator: np.random.Generator) -> Pairs:
    """Return ``count`` pairs of a left and a right patch, half of them matched."""
    here, there = generator.integers(len(found), size=(2, 4 * count))
    apart = np.abs(found[here] - found[there])[:, [0, 2]].max(1) >= size // 2
    same = np.arange(count) % 2
    left, right = here[apart][:count], np.where(same, here[apart][:count], there[apart][:count])
    rows, columns = found[left, 0], found[left, 1]
    patches = cut(stereo.left, rows, columns, size), cut(stereo.right, found[right, 0], found[right, 2], size)
    return Pairs(*patches, torch.from_numpy(same))


def turned(batch: Pairs, generator: np.random.Generator) -> Pairs:
    """Return the batch turned by a quarter or more, and perhaps mirrored: both patches of a pair alike."""
    turns, mirrored = generator.integers(4), generator.integers(2)
    parts = [torch.rot90(part, int(turns), (2, 3)) for part in batch.parts()]
    return batch.with_parts([part.flip(3) if mirrored else part for part in parts])


def trained(method: str, stereo: Stereo, chosen: argparse.Namespace) -> EmbeddingLearner:
    """Return a method's network after its training: hinge loss on random pairs."""
    fixed = {"learner": "siamese", "loss": "hinge", "preprocessing": {"size": chosen.size, "channels": 1}}
    recipe = Recipe.of({**METHODS[method], **fixed, "training": {"seed": chosen.seed}})
    learner = assemble(recipe, channels=1, classes=1)
    optimiser = torch.optim.AdamW(learner.parameters(), weight_decay=chosen.weight_decay)
    found = places(stereo, chosen.size, test=False)
    for step in range(chosen.steps):
        generator = numpy_generator(chosen.seed, "patches", step)
        batch = turned(draw(stereo, found, chosen.batch, chosen.size, generator), generator)
        for group in optimiser.param_groups:
            group["lr"] = chosen.learning_rate * cosine_rate(step, chosen.steps, warmup=0.1)
        with seeded(chosen.seed, "step", step), lowered(learner.device, chosen.precision):
            loss = learner(batch).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 5.0)
        optimiser.step()
    return learner.eval().requires_grad_(False)


def fpr95(left: Tensor, right: Tensor, same: Tensor, similarity: Similarity) -> dict[str, Any]:
    """Return the false positive rate at 95 % recall, with its interval, from the patches' embeddings (P, D)."""
    numbers = torch.arange(len(same))
    pairs = Pairs(numbers, len(same) + numbers, same)
    scores = pair_scores(torch.cat([left, right]), similarity, pairs).numpy()
    genuine, impostor = np.sort(scores[same == 1]), scores[same == 0]
    rate = counted_rate(int((impostor >= genuine[len(genuine) // 20]).sum()), len(impostor))
    return {"fpr95": rate.value, "ci95": list(rate.ci95)}


def classical(test: Pairs, size: int) -> list[dict[str, Any]]:
    """Return the rows of NCC (the cosine of patches less their own mean) and SSD."""
    left, right = (Pixels(1, (size, size))(part) for part in test.parts())
    centred = [part - part.mean(1, keepdim=True) for part in (left, right)]
    return [
        {"method": "NCC", **fpr95(*centred, test.same, Cosine())},
        {"method": "SSD", **fpr95(left, right, test.same, SquaredEuclidean())},
    ]


@torch.no_grad()
def embedded(learner: EmbeddingLearner, patches: Tensor) -> Tensor:
    return torch.cat([learner.embed(part) for part in patches.split(256)])


def measured(method: str, stereo: Stereo, test: Pairs, chosen: argparse.Namespace) -> dict[str, Any]:
    """Return a method's row."""
    began = time.perf_counter()
    learner = trained(method, stereo, chosen)
    seconds = time.perf_counter() - began
    figures = fpr95(*(embedded(learner, part) for part in test.parts()), test.same, learner.similarity)
    parameters = sum(value.numel() for value in learner.parameters())
    return {
        "method": method,
        **figures,
        "parameters": parameters,
        "train_seconds": round(seconds, 1),
        **METHODS[method],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="holds the three files; by default scikit-image is asked")
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS)
    parser.add_argument("--size", type=int, default=64, help="side of a patch, even")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=128, help="pairs a step")
    parser.add_argument("--precision", default="bf16", choices=("bf16", "float32"), help="of the training")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=0.02)
    parser.add_argument("--pairs", type=int, default=10_000, help="test pairs")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    keep_freed()
    stereo = read_stereo(chosen.folder)
    found = places(stereo, chosen.size, test=True)
    test = draw(stereo, found, chosen.pairs, chosen.size, numpy_generator(chosen.seed, "test"))
    rows = classical(test, chosen.size)
    for method in chosen.methods:
        rows.append(measured(method, stereo, test, chosen))
        print(json.dumps(rows[-1]), flush=True)
    settings = {key: value for key, value in vars(chosen).items() if key not in ("folder", "out", "methods")}
    text = json.dumps({**circumstances(), "settings": settings, "rows": rows}, indent=2)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
