"""Drawn characters with their names: what the first tab learns from, for as long as the visit lasts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image

from gemel.model import Model
from gemel.pages.pictures import shrunk
from gemel.support import Support
from gemel.verdicts import Identification

#: Names offered for what has none yet.
SYLLABLES = ("ka", "mo", "zu", "ti", "le", "shi", "no", "vu", "ra", "pe", "fi", "go", "su", "ny", "da")

#: More drawings than this are not kept.
MOST = 60


@dataclass(frozen=True)
class Drawing:
    """One drawing: its name, its embedding (D,), and itself as a PNG file's bytes."""

    label: str
    embedding: np.ndarray
    png: bytes


@dataclass
class Notebook:
    """Some drawings; the last that were added come last."""

    drawings: list[Drawing] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """Return the names, each once, in the order in which they came."""
        return list(dict.fromkeys(drawing.label for drawing in self.drawings))

    @property
    def full(self) -> bool:
        """Return whether there is no room for another drawing."""
        return len(self.drawings) >= MOST

    def add(self, label: str, image: Image.Image, model: Model) -> None:
        """Keep a drawing under a name, new or not."""
        self.drawings.append(Drawing(label, model.embed([image])[0], shrunk(image, 120)))

    def remove(self, label: str) -> None:
        """Forget a name with its drawings."""
        self.drawings = [drawing for drawing in self.drawings if drawing.label != label]

    def suggestion(self) -> str:
        """Return a name that is not taken."""
        spare = [name for name in SYLLABLES if name not in self.labels]
        return spare[0] if spare else f"{SYLLABLES[0]}{len(self.labels)}"

    def recognised(self, image: Image.Image, model: Model) -> tuple[Identification, tuple[Drawing, ...]]:
        """Return what a drawing is, every name listed, and the drawing that each name is matched with.

        Raises:
            DataError: the notebook is empty.
        """
        drawings = tuple(self.drawings)
        labels = list(dict.fromkeys(drawing.label for drawing in drawings))
        numbers = torch.tensor([labels.index(drawing.label) for drawing in drawings], dtype=torch.long)
        embeddings = torch.from_numpy(np.stack([drawing.embedding for drawing in drawings]))  # (S, D)
        support = Support(embeddings, numbers, tuple(labels), tuple(str(place) for place in range(len(drawings))))
        found = model.identify([image], support, matches=len(labels))[0]
        return found, tuple(drawings[int(match.reference)] for match in found.matches)
