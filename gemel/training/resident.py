"""Items in the memory of the device that learns from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gemel.data import Dataset
from gemel.data.dataset import turned

#: More bytes of pixels stay in the memory-mapped file.
MOST_BYTES = 4 * 2**30


class Resident:
    """A data set's pixels, copied once to a device; ``items`` gives the bytes of ``Dataset.items``, there.

    Args:
        data: uint8 items.
        device: where they shall lie.
    """

    def __init__(self, data: Dataset, device: torch.device) -> None:
        used, rows = np.unique(np.arange(len(data)) if data.rows is None else data.rows, return_inverse=True)
        self.pixels = torch.from_numpy(np.ascontiguousarray(data.images[used])).to(device)
        self.rows = torch.from_numpy(rows).to(device)
        self.turns = None if data.turns is None else torch.from_numpy(data.turns).to(device)

    def items(self, indices: Tensor) -> Tensor:
        """Return the items at some positions: (B,) in 0 ... N-1 -> uint8 (B, C, H, W) on the device."""
        chosen = indices.to(self.pixels.device)
        items = self.pixels[self.rows[chosen]]
        return items if self.turns is None else turned(items, self.turns[chosen])


def fetcher(data: Dataset, device: torch.device) -> Callable[[Tensor], Tensor]:
    """Return what fetches items onto the device: from its own memory, or from the file where that is as near.

    The CPU reads the memory-mapped file, which is in its memory already; so is, for any device, what is too large.
    """
    if device.type == "cpu" or len(data) * int(np.prod(data.item_shape)) > MOST_BYTES:
        return lambda indices: data.items(indices).to(device)
    return Resident(data, device).items
