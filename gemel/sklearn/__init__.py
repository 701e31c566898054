"""Estimators for scikit-learn: a few-shot classifier, and a transformer from pictures to embeddings.

They pass scikit-learn's own checks (``sklearn.utils.estimator_checks``), rows compared as they are and rows of pixels
seen by a model, but for three that do not apply: array API input, which is not offered; data frames, which need pandas
(the rest of that check is among Gemel's own tests); and, with a model, the accuracy on points of two coordinates, which
are no pictures. Scikit-learn has no checks for X that is no table, such as a list of paths; Gemel's own tests stand in.
"""

from gemel.sklearn.embedding_transformer import EmbeddingTransformer
from gemel.sklearn.few_shot_classifier import FewShotClassifier

__all__ = ["EmbeddingTransformer", "FewShotClassifier"]
