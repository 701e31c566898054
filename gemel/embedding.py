"""Items -> embeddings, in batches."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gemel.data import Dataset, Preprocessing
from gemel.data.augmentation import Augmentation, views
from gemel.learners import EmbeddingLearner


def in_batches(count: int, size: int) -> list[Tensor]:
    """Return the numbers 0 ... count-1 in batches; none of none."""
    return [torch.arange(start, min(start + size, count)) for start in range(0, count, size)]


@torch.inference_mode()
def embed_pixels(
    learner: EmbeddingLearner, preprocessing: Preprocessing, pixels: Tensor, count: int = 1, mirror: bool = False
) -> Tensor:
    """Return the mean embedding of ``count`` fixed views of each item, on the CPU: uint8 (B, C, H, W) -> (B, D).

    The mean is of canonical embeddings and is made canonical again; one view is the item itself. With ``mirror`` each
    view is seen in the mirror, too.
    """
    seen = views(pixels.to(learner.device).float() / 255, count)  # (V, B, C, H, W)
    seen = torch.cat([seen, seen.flip(-1)]) if mirror else seen
    items = preprocessing.normalise(seen.flatten(0, 1)).contiguous(memory_format=torch.channels_last)
    embeddings = torch.unflatten(learner.embed(items), 0, (len(seen), -1))  # (V, B, D)
    mean = embeddings[0] if len(seen) == 1 else learner.similarity.canonical(embeddings.mean(0))
    return mean.cpu()


def embed_dataset(
    learner: EmbeddingLearner,
    preprocessing: Preprocessing,
    dataset: Dataset,
    count: int = 1,
    mirror: bool = False,
    batch_size: int = 256,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Tensor:
    """Return the embedding of every item: (N, D). ``progress`` is called with (items done, items in all)."""
    learner.eval()
    parts = []
    for indices in in_batches(len(dataset), max(1, batch_size // count)):
        parts.append(embed_pixels(learner, preprocessing, dataset.items(indices), count, mirror))
        progress(int(indices[-1]) + 1, len(dataset))
    return torch.cat(parts).clone() if parts else torch.zeros(0, learner.encoder.dimensions)


@torch.inference_mode()
def embed_varied(
    learner: EmbeddingLearner,
    preprocessing: Preprocessing,
    dataset: Dataset,
    augmentation: Augmentation,
    generator: torch.Generator,
    batch_size: int = 256,
) -> Tensor:
    """Return the embedding of one augmented copy of every item: (N, D). The generator, on the device, is advanced."""
    learner.eval()
    parts = []
    for indices in in_batches(len(dataset), batch_size):
        varied = augmentation(dataset.items(indices).to(learner.device).float() / 255, generator)
        items = preprocessing.normalise(varied).contiguous(memory_format=torch.channels_last)
        parts.append(learner.embed(items).cpu())
    return torch.cat(parts).clone() if parts else torch.zeros(0, learner.encoder.dimensions)
