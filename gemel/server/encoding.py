"""Where pictures are embedded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import final

import numpy as np
import torch

from gemel.model import Model
from gemel.server.together import embed_together, quick_sizes, sizes_that_agree


class Encoding(ABC):
    """Embeds prepared pictures, a batch at a time, on behalf of one thread."""

    @abstractmethod
    def agreeing(self, sizes: Iterable[int]) -> tuple[int, ...]:
        """Return the batch sizes at which every picture gets what it gets alone; see ``sizes_that_agree``."""

    @abstractmethod
    def quick(self, sizes: Iterable[int]) -> tuple[int, ...]:
        """Return the batch sizes up to the quickest; see ``quick_sizes``."""

    @abstractmethod
    def embed(self, pixels: np.ndarray) -> np.ndarray:
        """Return the embeddings: uint8 (B, C, H, W) -> float32 (B, D)."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what it holds."""


@final
class EncodingHere(Encoding):
    """In this process, on the caller's thread.

    Args:
        model: what embeds.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def agreeing(self, sizes: Iterable[int]) -> tuple[int, ...]:
        return sizes_that_agree(self.model, sizes)

    def quick(self, sizes: Iterable[int]) -> tuple[int, ...]:
        return quick_sizes(self.model, sizes)

    def embed(self, pixels: np.ndarray) -> np.ndarray:
        return embed_together(self.model, torch.from_numpy(pixels)).numpy()

    def close(self) -> None:
        pass
