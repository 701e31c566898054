"""What training leaves behind: a learner with its preprocessing, thresholds and calibration, in one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from safetensors.torch import save as safetensors_bytes
from safetensors.torch import save_file
from torch import Tensor

from gemel.answers import Answer, identification, named_answers
from gemel.data import Preprocessing
from gemel.data.items import Item, as_image, name_of
from gemel.embedding import embed_pixels
from gemel.errors import DataError
from gemel.evaluation.calibration import Calibration
from gemel.evaluation.thresholds import OperatingPoint
from gemel.evaluation.unknown import class_log_odds, log_odds_of, posterior, turning_odds
from gemel.files import replacing, sha256, write_json, write_text
from gemel.learners import EmbeddingLearner
from gemel.recipes import Recipe
from gemel.similarity import ClassScorer, Similarity
from gemel.support import Support
from gemel.verdicts import Identification, Verdict

#: Raised when a folder of this kind can no longer be read by an older Gemel.
FORMAT = 1

#: What a class name is put into where nothing else is said; CLIP's own.
TEMPLATE = "a photo of a {}"

#: State that serves training alone (class weights, centers) and is not kept.
TRAINING_ONLY = "loss."


@dataclass(frozen=True, eq=False)
class Model:
    """A trained likeness: embeds, verifies and identifies items of classes it never saw.

    Attributes:
        learner: in evaluation mode.
        preprocessing: what is done to every picture.
        calibration: scores -> probabilities and thresholds, from the validation classes.
        thresholds: scores from which a pair counts as the same, at the equal error rate ("eer", which ``verify`` takes)
            and at false accept rates of 10, 1 and 0.1 % ("far_0.1", ...), with the rates reached there.
        recipe: how it was trained.
        facts: training classes, class split, data fingerprint, results, versions: what ``model.json`` tells.
        folder: where it was loaded from or saved to.
    """

    learner: EmbeddingLearner
    preprocessing: Preprocessing
    calibration: Calibration
    thresholds: Mapping[str, OperatingPoint]
    recipe: Recipe
    facts: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def similarity(self) -> Similarity:
        """Compares two embeddings."""
        return self.learner.similarity

    @property
    def threshold(self) -> float:
        """The score from which ``verify`` says "same": that of the equal error rate on the validation classes."""
        return self.thresholds["eer"].threshold

    @property
    def dimensions(self) -> int:
        """D of the embeddings."""
        return self.learner.encoder.dimensions

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the kept weights, as ``model.json`` tells it; only embeddings of one fingerprint compare."""
        known = self.facts.get("weights_sha256")
        return str(known) if known else hashlib.sha256(safetensors_bytes(self._kept())).hexdigest()

    def embed(self, items: Sequence[Item]) -> np.ndarray:
        """Return the embeddings: float32 (B, D).

        Every item is embedded by itself, so that its embedding does not depend on its company, to the bit.

        Raises:
            InputError: an item is no readable picture.
        """
        embedded = [self._embed_one(item) for item in items]
        return torch.cat(embedded).numpy() if embedded else np.zeros((0, self.dimensions), np.float32)

    def _embed_one(self, item: Item) -> Tensor:
        pixels = torch.from_numpy(self.preprocessing.pixels(as_image(item)))[None]
        return embed_pixels(self.learner, self.preprocessing, pixels, *self.recipe.validation.seen).clone()

    def score(self, a: Item, b: Item) -> float:
        """Return the similarity of two items; symmetric, and highest for an item with itself."""
        first, second = torch.from_numpy(self.embed([a, b]))
        with torch.inference_mode():
            return float(self.similarity(first, second))

    def verify(self, a: Item, b: Item, threshold: float | None = None) -> Verdict:
        """Return whether two items are alike.

        Args:
            a, b: the items, in either order.
            threshold: the score from which they are; the model's own by default.

        Raises:
            InputError: an item is no readable picture.
        """
        limit = self.threshold if threshold is None else threshold
        score = self.score(a, b)
        return Verdict(
            score=score,
            probability=float(self.calibration.probability(score)),
            same=score >= limit,
            threshold=limit,
            far=self.calibration.far(limit),
            frr=self.calibration.frr(limit),
        )

    def support(self, examples: Mapping[str, Sequence[Item]]) -> Support:
        """Return the examples of each class, embedded: ``{"M6 bolt": ["b1.png", "b2.png"], ...}``.

        Raises:
            DataError: no class, or a class without an example.
            InputError: an example is no readable picture.
        """
        if not examples:
            raise DataError("There is no class to choose from; give at least one labelled example.")
        for label, items in examples.items():
            if not items:
                raise DataError(f"Class '{label}' has no example; give at least one.")
        flat = [(number, item) for number, items in enumerate(examples.values()) for item in items]
        names = tuple(name_of(item, position) for position, (_, item) in enumerate(flat))
        embeddings = torch.from_numpy(self.embed([item for _, item in flat]))
        return Support(embeddings, torch.tensor([number for number, _ in flat]), tuple(examples), names)

    @torch.inference_mode()
    def name_classes(self, classes: Sequence[str], template: str = TEMPLATE) -> Support:
        """Return classes of which there is no example but a name, each embedded as a text ("zero-shot").

        ``identify`` then gives ``softmax(scale cos(item, text))`` over them, as CLIP does (Radford et al. 2021).
        Nothing is "unknown": what was calibrated is the score of two items. ``learner.adapt_to_names`` takes tensors.

        Args:
            classes: their names.
            template: the sentence in which ``{}`` stands for the name.

        Raises:
            DataError: there is no name, one comes twice, or the template has no place for it.
            ModelError: the encoder knows no texts.
        """
        if not classes or len(set(classes)) < len(classes) or not all(classes):
            raise DataError(f"The class names are {list(classes)}; at least one is needed, each once and none empty.")
        if "{}" not in template:
            raise DataError(f"The template '{template}' has no place for the name; write {{}} there: '{TEMPLATE}'.")
        texts = tuple(template.replace("{}", name) for name in classes)
        embeddings = self.learner.embed_texts(texts)
        scale = self.learner.encoder.text_tower().scale
        return Support(embeddings, torch.arange(len(texts)), tuple(classes), texts, scale)

    def identify(
        self,
        items: Sequence[Item],
        support: Mapping[str, Sequence[Item]] | Support,
        matches: int = 5,
        unknown_prior: float = 0.5,
    ) -> list[Identification]:
        """Return each item's class, or "unknown", with the probability of that answer.

        Args:
            items: what to recognise.
            support: labelled examples of the classes, or what ``support()`` or ``name_classes()`` made of them.
            matches: classes listed in each answer.
            unknown_prior: the share of items expected to be of no class of the support, in (0, 1).
        """
        known = support if isinstance(support, Support) else self.support(support)
        names = [name_of(item, position) for position, item in enumerate(items)]
        return self.identify_embeddings(torch.from_numpy(self.embed(items)), names, known, matches, unknown_prior)

    @torch.inference_mode()
    def identify_embeddings(
        self,
        embeddings: Tensor,
        names: Sequence[str],
        support: Support,
        matches: int = 5,
        unknown_prior: float = 0.5,
        limits: Sequence[float | None] | None = None,
        others: np.ndarray | None = None,
    ) -> list[Identification]:
        """Return the same for items that are embedded already: (Q, D).

        Args:
            embeddings, names: the items.
            support, matches, unknown_prior: see ``identify``.
            limits: for each class of the support, the score from which it is the answer, where one was set; by default
                the posterior decides.
            others: (Q, M) log odds of M more classes, which the support leaves out since none is the most probable.
        """
        asked = (embeddings, support.embeddings, support.labels, len(support.classes))
        scorer = self.scorer(support)
        scores = scorer.class_scores(*asked)
        to_items = self.similarity.matrix(embeddings, support.embeddings)  # (Q, S)
        if support.scale is None:
            plain = scorer.softmax_scale is None  # then class scores are likenesses
            odds = log_odds_of(self.calibration, scores) if plain else class_log_odds(scorer, self.calibration, *asked)
            answers = self._answers(
                scores.numpy(), odds, others, unknown_prior, limits or [None] * len(support.classes)
            )
        else:
            answers = named_answers(scores.numpy(), torch.softmax(support.scale * scores, -1).numpy())
        return [
            identification(name, row, answer, near, support, matches)
            for name, row, answer, near in zip(names, scores.numpy(), answers, to_items, strict=True)
        ]

    def scorer(self, support: Support) -> ClassScorer:
        """Return what scores items against a support: a network that adapts does so once for each, while it is in use.

        Threads that come first together each adapt it, to the same numbers.
        """
        known = self._scorers.get(support)
        if known is None:
            known = self.learner.scorer_for(support.embeddings, support.labels, len(support.classes))
            self._scorers[support] = known
        return known

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy or another process is to have: all but the scorers, which are kept while in use here."""
        return {name: value for name, value in vars(self).items() if name != "_scorers"}

    @cached_property
    def _scorers(self) -> WeakKeyDictionary[Support, ClassScorer]:
        """What each support that is still in use is scored by."""
        return WeakKeyDictionary()

    def _answers(
        self,
        scores: np.ndarray,
        odds: np.ndarray,
        others: np.ndarray | None,
        unknown_prior: float,
        limits: Sequence[float | None],
    ) -> list[Answer]:
        """Return the answers from class scores and log odds, (Q, N) both, and those of other classes (Q, M)."""
        every = odds if others is None else np.concatenate([odds, others], 1)
        probabilities = posterior(every, unknown_prior)  # (Q, N + M + 1)
        turning = self.calibration.score_at(turning_odds(every.shape[1], unknown_prior))
        known = np.concatenate([probabilities[:, : len(limits)], probabilities[:, -1:]], 1)  # (Q, N + 1)
        return [self._answer(*row, limits, turning) for row in zip(scores, odds, known, strict=True)]

    def _answer(
        self,
        scores: np.ndarray,
        odds: np.ndarray,
        probabilities: np.ndarray,
        limits: Sequence[float | None],
        turning: float,
    ) -> Answer:
        """Return one item's answer; a score that tells classes from each other alone is the one its odds stand for."""
        best = int(scores.argmax())
        score = float(scores[best]) if self.learner.softmax_scale is None else self.calibration.score_at(odds[best])
        limit = limits[best]
        known = int(probabilities.argmax()) < len(limits) if limit is None else score >= limit
        return Answer(probabilities, score, turning if limit is None else limit, known)

    def save(self, folder: Path) -> None:
        """Write the model folder; ``model.json`` comes last and vouches for the rest, so a reader never meets half."""
        weights = folder / "model.safetensors"
        with replacing(weights) as temporary:
            save_file(self._kept(), temporary)
        write_text(folder / "recipe.yaml", self.recipe.yaml())
        sums = {"weights_sha256": sha256(weights), "recipe_sha256": sha256(folder / "recipe.yaml")}
        write_json(folder / "model.json", {**self._described(), **sums})

    def _kept(self) -> dict[str, Tensor]:
        """Return the weights that serve embedding."""
        state = self.learner.state_dict()
        return {name: value.contiguous() for name, value in state.items() if not name.startswith(TRAINING_ONLY)}

    def _described(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "versions": {name: version(name) for name in ("gemel", "torch", "numpy", "pillow")},
            "preprocessing": self.preprocessing.to_json(),
            "calibration": self.calibration.to_json(),
            "thresholds": {name: point.to_json() for name, point in self.thresholds.items()},
            **self.facts,
        }
