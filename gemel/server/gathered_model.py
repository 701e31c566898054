"""A model whose ``embed`` may be called from many threads at once, and is answered in batches."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch

from gemel.data.items import Item, as_image
from gemel.model import Model
from gemel.server.encoding import Encoding, EncodingHere
from gemel.server.encoding_apart import EncodingApart
from gemel.server.gathering import Gathering

#: So many pictures are decoded at once: it costs cores and memory.
DECODERS = threading.BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True, eq=False)
class GatheredModel(Model):
    """A model, for a server: pictures are prepared on the caller's thread, and embedded by ``gathering``.

    Embeddings agree to the bit with the model's own on as many threads, whatever else is asked meanwhile. A gallery
    that is handed this model answers all its callers in batches, and needs not know.
    """

    plain: Model = field(kw_only=True)
    gathering: Gathering = field(kw_only=True)

    def embed(self, items: Sequence[Item]) -> np.ndarray:
        """Return the embeddings: float32 (B, D).

        Raises:
            InputError: an item is no readable picture.
        """
        if not items:
            return np.zeros((0, self.dimensions), np.float32)
        with self.gathering:
            prepared = [self._prepared(item) for item in items]
            answers = [self.gathering.ask(pixels) for pixels in prepared]
        return np.stack([answer.result() for answer in answers])

    def _prepared(self, item: Item) -> np.ndarray:
        with DECODERS:
            return self.preprocessing.pixels(as_image(item))


def gathered(model: Model, patience: float = 0.05, processes: int = 0) -> GatheredModel:
    """Return the model with its embeddings gathered; one that is already comes back as it is.

    The gathering ends by itself once nobody holds the model any more: a gallery that goes over to another one leaves
    the former to the requests under way.

    Args:
        model: what embeds.
        patience: see ``Gathering``.
        processes: that embed, sharing out PyTorch's threads; 0 embeds in this one.
    """
    if isinstance(model, GatheredModel):
        return model
    parts = {part.name: getattr(model, part.name) for part in fields(model)}
    gathering = Gathering(encodings(model, processes), patience)
    served = GatheredModel(**parts, plain=model, gathering=gathering)
    weakref.finalize(served, gathering.end)
    return served


def encodings(model: Model, processes: int) -> list[Encoding]:
    """Return what embeds: so many processes, among which PyTorch's threads are shared out, or this one where 0."""
    if not processes:
        return [EncodingHere(model)]
    threads = max(1, torch.get_num_threads() // processes)
    return [EncodingApart(model, threads) for _ in range(processes)]
