"""How often a model was right, episode by episode, and where that is kept."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemel.evaluation.intervals import Estimate
from gemel.files import replacing


@dataclass(frozen=True)
class Answer:
    """One rate an episode (E,) (of the official runs, one a run), their estimate, and how many they are."""

    rates: np.ndarray
    accuracy: Estimate
    episodes: int

    def keep(self, path: Path, stamp: str) -> None:
        """Write the answer; the stamp says of which weights and which episodes it is."""
        with replacing(path) as temporary, temporary.open("wb") as file:
            interval = [self.accuracy.value, *self.accuracy.ci95]
            np.savez(file, rates=self.rates, accuracy=interval, episodes=self.episodes, stamp=stamp)

    @classmethod
    def kept(cls, path: Path, stamp: str) -> Answer | None:
        """Return what was kept under that stamp, or None."""
        try:
            with path.open("rb") as opened, np.load(opened) as file:
                value, low, high = file["accuracy"].tolist()
                answer = cls(file["rates"], Estimate(value, (low, high)), int(file["episodes"]))
                return answer if str(file["stamp"]) == stamp else None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none, or damaged: it is made anew
            return None
