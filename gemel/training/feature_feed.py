"""Batches of what an encoder that stays as it is makes of the items, made once."""

from __future__ import annotations

import torch
from torch import Tensor

from gemel.batches import Batch
from gemel.data import Dataset, Preprocessing
from gemel.data.samplers import Sampler
from gemel.embedding import in_batches
from gemel.learners import EmbeddingLearner
from gemel.training.resident import MOST_BYTES

#: Items encoded at once.
BATCH = 256


class FeatureFeed:
    """The sampler's item numbers -> features -> the device.

    Args:
        features: (N, D), what the encoder makes of each item of the training classes.
        sampler: which items meet at each step.
        device: where the batches shall lie.
    """

    def __init__(self, features: Tensor, sampler: Sampler, device: torch.device) -> None:
        self.features = features.to(device)
        self.sampler, self.device = sampler, device

    def batch(self, step: int) -> Batch:
        """Return a step's features, on the device."""

        def fetch(indices: Tensor) -> Tensor:
            return self.features[indices.to(self.device)]

        return self.sampler.batch(step).with_items(fetch).to(self.device)


def fits(data: Dataset, learner: EmbeddingLearner) -> bool:
    """Return whether the features of all items, float32 (N, D), may stay in memory."""
    return len(data) * learner.encoder.dimensions * torch.float32.itemsize <= MOST_BYTES


@torch.no_grad()
def features_of(learner: EmbeddingLearner, preprocessing: Preprocessing, data: Dataset, device: torch.device) -> Tensor:
    """Return what the learner's encoder, as in use, makes of every item as it is: (N, D), on the CPU."""
    learner.encoder.to(device).eval()
    features = torch.empty(len(data), learner.encoder.dimensions)
    for indices in in_batches(len(data), BATCH):
        items = preprocessing.normalise(data.items(indices).to(device).float() / 255)
        features[indices] = learner.encode(items.contiguous(memory_format=torch.channels_last)).cpu()
    return features
