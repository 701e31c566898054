"""What a training needs to go on to the same bits."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gemel.errors import ModelError
from gemel.files import replacing

NAME = "checkpoint.pt"


@dataclass(frozen=True)
class Checkpoint:
    """The state after ``step`` steps; randomness needs no room here, being derived from (seed, step).

    ``best`` holds the weights of the best validation, ``history`` every record so far, ``running`` the sums of the loss
    and the metrics since the last record.
    """

    step: int
    learner: dict[str, Any]
    average: dict[str, Any]
    optimizer: dict[str, Any]
    best: dict[str, Any]
    history: list[dict[str, Any]]
    running: dict[str, float]
    recipe: str

    def write(self, run: Path) -> None:
        """Write the checkpoint into a run folder, whole or not at all."""
        with replacing(run / NAME) as temporary:
            torch.save(vars(self), temporary)

    @classmethod
    def read(cls, run: Path) -> Checkpoint:
        """Read a run folder's checkpoint; tensors and plain values only are accepted, never pickled objects.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        path = run / NAME
        if not path.is_file():
            raise ModelError(f"{run} holds no {NAME} to resume from; start the training without --resume.")
        try:
            with zipfile.ZipFile(path) as archive:  # torch.load itself does not look at the checksums
                if archive.testzip() is not None:
                    raise ValueError("a checksum is wrong")
            return cls(**torch.load(path, weights_only=True, map_location="cpu"))
        except Exception as error:  # damaged bytes raise many kinds, none of them documented
            raise ModelError(f"{path} is damaged ({type(error).__name__}); delete it and train again.") from error
