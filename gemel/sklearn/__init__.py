"""Estimators for scikit-learn: a few-shot classifier, and a transformer from pictures to embeddings."""

from gemel.sklearn.embedding_transformer import EmbeddingTransformer
from gemel.sklearn.few_shot_classifier import FewShotClassifier

__all__ = ["EmbeddingTransformer", "FewShotClassifier"]
