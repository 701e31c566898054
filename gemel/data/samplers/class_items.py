"""P classes times K items."""

from __future__ import annotations

import numpy as np
import torch

from gemel.batches import Labelled
from gemel.data.samplers.sampler import Sampler, checked
from gemel.errors import DataError


class ClassItems(Sampler):
    """``classes`` x ``items`` a batch (the P x K of Hermans et al. 2017), every class once a round.

    Its pairs and triplets are all those of the batch: K(K-1)/2 P same pairs from one embedding of each item. A class
    with fewer than ``items`` gives all it has, each once; one of a single item appears in different pairs only.

    Raises:
        DataError: fewer than two classes, or none with two items.
    """

    def __init__(self, labels: np.ndarray, seed: int = 0, classes: int = 32, items: int = 4) -> None:
        super().__init__(labels, seed)
        pairable = len(self.index.holding(2))
        if self.index.classes < 2 or pairable == 0:
            raise DataError(
                f"{self.index.classes} training class(es), {pairable} with two items or more: likeness "
                "is learnt from at least two classes, one of them with two items. Add examples."
            )
        self.classes = min(checked("classes", classes, least=2), self.index.classes)
        self.items = checked("items", items, least=2)

    def batch(self, step: int) -> Labelled:
        generator = self.generator(step)
        chosen = self.in_turn(np.arange(self.index.classes), self.classes, step)
        items = np.concatenate([self.index.draw(generator, label, self.items) for label in chosen])
        return Labelled(torch.from_numpy(items), torch.from_numpy(self.index.labels[items]))
