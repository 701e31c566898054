"""Nearest class mean in an embedding, for scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from gemel.errors import RecipeError
from gemel.evaluation.unknown import posterior
from gemel.loading import load
from gemel.model import Model
from gemel.registry import build
from gemel.similarity import SIMILARITIES
from gemel.sklearn.pictures import pictures_of


class FewShotClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A class is the mean of its examples' embeddings; an item is of the class most alike (Snell et al. 2017).

        FewShotClassifier("characters").fit(X, y).predict(X)

    Nothing but the means is learnt, so that one example a class is enough, and ``partial_fit`` adds examples and new
    classes at any time, in any order.

    Args:
        model: a ``gemel.Model``, a run folder, or a packaged model's name, loaded by ``fit``; X are then pictures: n
            paths, pictures or arrays, or an array (n, H, W) or (n, H, W, C). None: X is a matrix (n, F) whose rows are
            compared as they are, embeddings made elsewhere or any features.
        similarity: what compares rows where ``model`` is None, a key of ``gemel.similarity.SIMILARITIES``; a model
            brings its own.
        image_shape: (H, W) or (H, W, C) of X's rows where a model is given tables of pixels (n, F).
        unknown_label: what ``predict`` answers for an item that is more probably of no class; None: never. It needs a
            model, whose calibration tells.
        unknown_prior: the share of items expected to be of no class, in (0, 1); only for ``unknown_label``.

    Attributes:
        classes_: (N,) the labels, sorted; without ``unknown_label``.
        class_counts_: (N,) examples seen of each.
        model_: the loaded model, or None.
        similarity_: what compares rows, without a model.
        n_features_in_: F, where X is a table.
    """

    def __init__(
        self,
        model: Model | str | Path | None = None,
        *,
        similarity: str = "squared_euclidean",
        image_shape: Sequence[int] | None = None,
        unknown_label: Any = None,
        unknown_prior: float = 0.5,
    ) -> None:
        self.model = model
        self.similarity = similarity
        self.image_shape = image_shape
        self.unknown_label = unknown_label
        self.unknown_prior = unknown_prior

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Learn the classes of ``y`` (n,) from the examples ``X``, and forget all others.

        Raises:
            ModelError: there is no such model.
            InputError: an item is no readable picture.
            RecipeError: an unknown label is asked for without a model, or the similarity is unknown.
            ValueError: as scikit-learn's estimators do, X is no finite matrix (without a model), or y no classes.
        """
        if self.unknown_label is not None and self.model is None:
            raise RecipeError("unknown_label needs a model, whose calibration tells what is unknown; model is None.")
        self.model_ = self.model if isinstance(self.model, Model | None) else load(self.model)
        embeddings, labels = self._examples(X, y, reset=True)
        if self.unknown_label is not None:
            check_same_kind(np.asarray(self.unknown_label), labels)
        self.classes_, self.class_counts_ = labels[:0], np.zeros(0, np.int64)
        self._sums = np.zeros((0, embeddings.shape[1]))
        return self._learn(embeddings, labels)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:  # noqa: N803
        """Learn from more examples, of classes known or new; ``classes`` is not needed, and ignored.

        Raises:
            InputError, ValueError: as ``fit`` does, or the labels are words where the others are numbers.
        """
        if not hasattr(self, "classes_"):
            return self.fit(X, y)
        embeddings, labels = self._examples(X, y, reset=False)
        check_same_kind(labels, self.classes_)
        return self._learn(embeddings, labels)

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return each item's class, or ``unknown_label``: (n,)."""
        scores = self._scores(X)
        labels: np.ndarray = self.classes_[scores.argmax(1)]
        if self.unknown_label is None or self.model_ is None:
            return labels
        probabilities = posterior(self.model_.calibration.log_odds(scores), self.unknown_prior)  # (n, N + 1)
        unknown = probabilities.argmax(1) == len(self.classes_)
        return np.where(unknown, np.asarray(self.unknown_label), labels)

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the probability of each class, given that the item is of one of them: (n, N), rows summing to 1.

        With a model, ``p_i = e^{l_i} / sum_j e^{l_j}`` of its calibrated log likelihood ratios l: what
        ``gemel.evaluation.unknown.posterior`` gives, without its unknown and scaled to 1. Without one, the softmax of
        the scores, as prototypical networks have it, which is as sharp as the features' scale makes it.
        """
        scores = self._scores(X)
        logits = scores if self.model_ is None else self.model_.calibration.log_odds(scores)
        probabilities: np.ndarray = softmax(logits, axis=1)
        return probabilities

    def _scores(self, x: Any) -> np.ndarray:
        """Return the similarity of each item with each class's mean: (n, N)."""
        check_is_fitted(self)
        embeddings = self._embedded(x, reset=False)
        means = (self._sums / self.class_counts_[:, None]).astype(embeddings.dtype)
        with torch.inference_mode():
            similarity = self.similarity_ if self.model_ is None else self.model_.similarity
            return similarity.matrix(torch.from_numpy(embeddings), torch.from_numpy(means)).numpy()

    def _learn(self, embeddings: np.ndarray, labels: np.ndarray) -> Self:
        """Add examples (n, D), (n,) to the classes' sums; those learnt before take part as one example each."""
        self.classes_, where = np.unique(np.concatenate([self.classes_, labels]), return_inverse=True)
        sums = np.zeros((len(self.classes_), embeddings.shape[1]))
        np.add.at(sums, where, np.concatenate([self._sums, embeddings]))
        counts = np.zeros(len(self.classes_), np.int64)
        np.add.at(counts, where, np.concatenate([self.class_counts_, np.ones(len(labels), np.int64)]))
        self._sums, self.class_counts_ = sums, counts
        return self

    def _examples(self, x: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return embeddings and labels: (n, D), (n,)."""
        if y is None:
            raise ValueError("FewShotClassifier requires y to be passed, but the target y is None.")
        embeddings = self._embedded(x, reset)
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        check_consistent_length(embeddings, labels)
        return embeddings, labels

    def _embedded(self, x: Any, reset: bool) -> np.ndarray:
        """Return the embeddings: a model's float32, or the rows themselves, float64 (n, D)."""
        if self.model_ is not None:
            return self.model_.embed(pictures_of(self, x, reset))
        rows = torch.tensor(validate_data(self, x, reset=reset, dtype=np.float64))
        if reset:
            chosen = {"name": self.similarity}
            self.similarity_ = build("similarity", SIMILARITIES, chosen, dimensions=rows.shape[1])
        return self.similarity_.canonical(rows).numpy()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.model is not None:
            tags.input_tags.two_d_array = self.image_shape is not None
            tags.input_tags.three_d_array = tags.input_tags.string = True
        return tags


def check_same_kind(labels: np.ndarray, others: np.ndarray) -> None:
    """Check that both are words, or both numbers: NumPy would make words of the numbers.

    Raises:
        ValueError: they are not.
    """
    words, other_words = (values.dtype.kind in "OUS" for values in (labels, others))
    if words != other_words:
        raise ValueError(f"Labels of type {labels.dtype} came beside labels of type {others.dtype}; give one kind.")
