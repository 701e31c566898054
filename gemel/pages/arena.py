"""Made-up characters that no model has seen, and a method's answers about them, one episode at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gemel.data.sources.glyphs import draw_glyphs
from gemel.embedding import embed_pixels
from gemel.errors import DataError
from gemel.evaluation.episode_indices import sample_episodes
from gemel.evaluation.episodes import episode_scores
from gemel.model import Model
from gemel.randomness import derived_seed
from gemel.training.progress import Record, Silent
from gemel.workflows.training import train

#: Alphabets, characters of each and drawings of each character that episodes are drawn from.
ALPHABETS, CHARACTERS, WRITERS, SIZE = 2, 25, 8, 64

#: What a method learns on here: small, so that it takes seconds; the last says what else it is.
SMALL = (
    "data.options={alphabets: 16, characters: 15, writers: 8, size: 32}",
    "data.validation=0.2",
    "data.test=0.1",
    "preprocessing.size=28",
    "encoder={name: conv4, filters: 32}",
    "training.validate_every=100",
    "training.warmup=0.1",
    "validation.episodes=50",
    "validation.views=1",
    "validation.ways=5",
)


@dataclass(frozen=True)
class Task:
    """N-way K-shot with Q queries of each class, drawn from alphabets of a seed."""

    ways: int = 5
    shots: int = 1
    queries: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Episode:
    """One task and its answers.

    Attributes:
        support: item numbers (N, K).
        query: item numbers (N, Q), those of a class in its row.
        answers: (N, Q) the class given to each query, 0 ... N-1.
    """

    support: np.ndarray
    query: np.ndarray
    answers: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """Whether each query was given its own class: (N, Q) bool."""
        return np.asarray(self.answers == np.arange(len(self.answers))[:, None])

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(self.right.mean())


class Arena:
    """A model before one task after the other; items are embedded when first drawn, each in one view.

    Args:
        model: answers.
        task: what is asked.
    """

    def __init__(self, model: Model, task: Task) -> None:
        self.model, self.task = model, task
        self._embeddings: dict[int, torch.Tensor] = {}

    @cached_property
    def drawings(self) -> np.ndarray:
        """The drawings that episodes are drawn from: (M, size, size) uint8, black on white."""
        seed = derived_seed(self.task.seed, "arena")
        pages = [draw_glyphs(alphabet, CHARACTERS, WRITERS, SIZE, seed) for alphabet in range(ALPHABETS)]
        return np.concatenate(pages).reshape(-1, SIZE, SIZE)

    @property
    def labels(self) -> np.ndarray:
        """Each drawing's character: (M,)."""
        return np.repeat(np.arange(ALPHABETS * CHARACTERS), WRITERS)

    def episode(self, number: int) -> Episode:
        """Return an episode; which, the task's seed and the number tell.

        Raises:
            DataError: the method does not tell so many classes, or there are not as many drawings.
        """
        task, most = self.task, self.model.learner.most_classes
        if most is not None and task.ways > most:
            raise DataError(f"This method tells at most {most} classes; ask for {most}-way episodes.")
        seed = derived_seed(task.seed, "episode", number)
        support, query = sample_episodes(self.labels, task.ways, task.shots, task.queries, 1, seed)
        rows, places = np.unique(np.concatenate([support.ravel(), query.ravel()]), return_inverse=True)
        embeddings = self._embedded(rows)
        local = torch.from_numpy(places)
        asked = local[: support.size].reshape(support.shape), local[support.size :].reshape(1, -1)
        with torch.no_grad():
            scores = episode_scores(embeddings, self.model.learner, *asked)  # (1, N*Q, N)
        answers = scores.argmax(-1).cpu().numpy().reshape(query.shape[1:])
        return Episode(support[0], query[0], answers)

    def _embedded(self, rows: np.ndarray) -> torch.Tensor:
        """Return the embeddings of some drawings: (R,) -> (R, D)."""
        fresh = [int(row) for row in rows if int(row) not in self._embeddings]
        if fresh:
            seen = [self.model.preprocessing.pixels(Image.fromarray(self.drawings[row])) for row in fresh]
            embedded = embed_pixels(self.model.learner, self.model.preprocessing, torch.from_numpy(np.stack(seen)))
            self._embeddings.update(zip(fresh, embedded.clone(), strict=True))
        return torch.stack([self._embeddings[int(row)] for row in rows])


class Told(Silent):
    """Tells how far a training is: steps done, steps in all."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell, self._steps = tell, 1

    def begin(self, step: int, steps: int) -> None:
        self._steps = steps

    def step(self, step: int, items: int) -> None:
        self._tell(step, self._steps)

    def record(self, record: Record, best: Record) -> None:
        self._tell(record.step, self._steps)


def quick_model(method: str, steps: int, tell: Callable[[int, int], None] = lambda done, total: None) -> Model:
    """Return a small model of a method after so many steps on other made-up alphabets; 0 leaves it as it begins.

    Raises:
        RecipeError: there is no such method.
    """
    overrides = [*SMALL, f"training.steps={steps}", f"method={method}"]
    with tempfile.TemporaryDirectory(prefix="gemel-arena-") as folder:
        return train("glyphs", Path(folder) / method, overrides, reporter=Told(tell))
