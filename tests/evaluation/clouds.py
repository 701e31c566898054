"""Embeddings made up for tests: a cloud around each class's centre."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gemel.randomness import torch_generator


def clouds(classes: int, items: int, spread: float, seed: int = 0, dimensions: int = 8) -> tuple[Tensor, np.ndarray]:
    """Return embeddings (classes * items, dimensions) and labels."""
    generator = torch_generator(seed, "clouds")
    labels = np.repeat(np.arange(classes), items)
    centres = torch.randn(classes, dimensions, generator=generator)
    return centres[labels] + spread * torch.randn(len(labels), dimensions, generator=generator), labels
