"""Pictures -> embeddings, as a step of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from gemel.loading import load
from gemel.model import Model
from gemel.sklearn.pictures import pictures_of


class EmbeddingTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Pictures -> embeddings of a trained model; nothing is learnt.

        make_pipeline(EmbeddingTransformer("runs/parts"), LogisticRegression()).fit(paths, labels)

    Args:
        model: a ``gemel.Model``, a run folder, or a packaged model's name; loaded by ``fit``.
        image_shape: (H, W) or (H, W, C) of X's rows, where X is a table of pixels (n, F).

    Attributes:
        model_: the loaded model.
        n_features_in_: F, where X is a table.
    """

    def __init__(self, model: Model | str | Path, image_shape: Sequence[int] | None = None) -> None:
        self.model = model
        self.image_shape = image_shape

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Load the model; of ``X`` only a table's width is looked at.

        Raises:
            ModelError: there is no such model.
            ValueError: X is no table of numbers, where ``image_shape`` is given.
        """
        self.model_ = self.model if isinstance(self.model, Model) else load(self.model)
        if self.image_shape is not None:
            validate_data(self, X)
        self._n_features_out = self.model_.dimensions
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the embeddings: n pictures -> float32 (n, D).

        Raises:
            InputError: an item is no readable picture.
        """
        check_is_fitted(self)
        return self.model_.embed(pictures_of(self, X, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = self.image_shape is not None
        tags.input_tags.three_d_array = tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []  # embeddings are float32, whatever the pixels are
        return tags
