"""Learning likeness by telling the training classes apart."""

from __future__ import annotations

from gemel.batches import Batch, Labelled
from gemel.encoders import Encoder
from gemel.learners.learner import EmbeddingLearner, Step
from gemel.losses.loss import ClassLoss
from gemel.similarity import Similarity


class Classification(EmbeddingLearner):
    """An encoder under a classification loss: margin softmax, center loss, or any of (embeddings, labels).

    The classes' weights serve training alone; afterwards the similarity compares embeddings of classes never seen.

    Args:
        encoder: items -> embeddings.
        similarity: compares embeddings after training.
        loss: a ``ClassLoss``.
    """

    sampler = "items"
    loss_kind = ClassLoss

    def __init__(self, encoder: Encoder, similarity: Similarity, loss: ClassLoss) -> None:
        super().__init__(encoder, similarity)
        self.loss = loss

    def forward(self, batch: Batch) -> Step:
        if not isinstance(batch, Labelled):
            raise TypeError(f"{type(self).__name__} trains on Labelled batches, not {type(batch).__name__}.")
        return Step(self.loss(self.encode(batch.items), batch.labels))
