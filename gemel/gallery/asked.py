"""A question that was asked of a gallery, with its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gemel.data.items import Item
from gemel.errors import DataError
from gemel.verdicts import Identification, Verdict


@dataclass(frozen=True, eq=False)
class Asked:
    """A question with its answer.

    Attributes:
        answer: what was answered.
        item: what was asked about, a picture; None where only its embedding came.
        embedding: (D,) the item's; it is embedded where none is given.
        label: the class asked about, of a verdict.
        who: who asked.
        model: the fingerprint of the model that embedded it; the gallery's by default.
    """

    answer: Identification | Verdict
    item: Item | None = None
    embedding: np.ndarray | None = None
    label: str | None = None
    who: str = ""
    model: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the picture's file."""
        return len(self.item) if isinstance(self.item, bytes) else 0

    @property
    def to_embed(self) -> Item:
        """What the gallery embeds: the embedding itself, if there is one.

        Raises:
            DataError: neither an item nor an embedding came.
        """
        asked = self.item if self.embedding is None else self.embedding
        if asked is None:
            raise DataError("An attempt came without item and embedding; one of them is expected.")
        return asked

    def told(self) -> dict[str, Any]:
        """Return what is kept of the answer.

        Raises:
            DataError: it is one in which nothing can be unknown, as among names of classes.
        """
        if self.answer.threshold is None:
            raise DataError("The answer has no threshold, as none from a gallery lacks; it cannot be looked through.")
        figures = {name: getattr(self.answer, name) for name in ("score", "probability", "threshold")}
        if isinstance(self.answer, Identification):
            return {"kind": "identify", "label": self.answer.label, "decision": self.answer.decision, **figures}
        decision = "same" if self.answer.same else "different"
        return {"kind": "verify", "label": self.label, "decision": decision, **figures}
