"""Nearest centroid of centred, normalised embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gemel.encoders import Encoder
from gemel.errors import ModelError
from gemel.learners.classification import Classification
from gemel.losses.loss import ClassLoss
from gemel.similarity import Similarity
from gemel.similarity.cosine import unit_length


class SimpleShot(Classification):
    """SimpleShot, CL2N: ``(f(x) - m) / |f(x) - m|``, m the mean over the training classes (Wang et al. 2019).

    Training is that of ``Classification``, with ``loss: softmax`` in the paper. Afterwards ``settle`` takes m, which is
    kept with the weights; queries go to the class with the nearest mean of such embeddings. Before, in validation
    during training, embeddings are compared as they come.

    Args:
        encoder: items -> embeddings.
        similarity: compares the centred, normalised embeddings; ``euclidean`` in the paper.
        loss: a ``ClassLoss``.
    """

    centre: Tensor
    settled: Tensor

    def __init__(self, encoder: Encoder, similarity: Similarity, loss: ClassLoss) -> None:
        super().__init__(encoder, similarity, loss)
        self.register_buffer("centre", torch.zeros(encoder.dimensions))
        self.register_buffer("settled", torch.tensor(False))

    def settle(self, embedded: Callable[[int], tuple[Tensor, Tensor]]) -> None:
        self.settled.fill_(False)
        self.centre.copy_(embedded(0)[0].mean(0))
        self.settled.fill_(True)

    def embed(self, items: Tensor) -> Tensor:
        """Return the embeddings, centred and at length 1 once the centre is known: (B, C, H, W) -> (B, D)."""
        embeddings = self.encode(items)
        if not self.settled:
            return embeddings
        return self.similarity.canonical(unit_length(embeddings - self.centre))

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Refuse texts, whose mean is elsewhere.

        Raises:
            ModelError: always; where the encoder knows no texts, as it says.
        """
        self.encoder.text_tower()
        raise ModelError(
            "The model's learner 'simpleshot' takes embeddings from the mean of pictures, where class names do not "
            "belong; train with learner=classification."
        )
