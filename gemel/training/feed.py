"""What a training learns from, step by step."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from gemel.batches import Batch
from gemel.data import Dataset, Preprocessing
from gemel.data.augmentation import Augmentation
from gemel.data.samplers import Sampler
from gemel.randomness import torch_generator
from gemel.training.resident import fetcher


class Feed(Protocol):
    """Batches, each of its step alone, ready to be learnt from."""

    def batch(self, step: int) -> Batch:
        """Return a step's batch, on the device."""


class PictureFeed:
    """The sampler's item numbers -> pixels -> the device -> augmentation -> normalisation.

    Args:
        data: the training classes.
        sampler: which items meet at each step.
        preprocessing: normalises pixels.
        augmentation: applied to whole batches; its draws at step s come from ``(seed, s)``.
        seed: the run's.
        device: where the batches shall lie.
    """

    def __init__(
        self,
        data: Dataset,
        sampler: Sampler,
        preprocessing: Preprocessing,
        augmentation: Augmentation,
        seed: int,
        device: torch.device,
    ) -> None:
        self.data, self.sampler = data, sampler
        self.preprocessing, self.augmentation = preprocessing, augmentation
        self.seed, self.device = seed, device
        self.fetch = fetcher(data, device)

    def batch(self, step: int) -> Batch:
        """Return a step's items, augmented and normalised, on the device."""
        generator = torch_generator(self.seed, "augmentation", step, device=self.device)

        def fetch(indices: Tensor) -> Tensor:
            varied = self.augmentation(self.fetch(indices).float() / 255, generator)
            return self.preprocessing.normalise(varied).to(memory_format=torch.channels_last)

        return self.sampler.batch(step).with_items(fetch).to(self.device)
