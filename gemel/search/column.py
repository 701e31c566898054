"""A tensor to which rows are added and from which they are taken, in memory or in a file."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

#: Rows come in blocks of so many; a column has room for whole blocks.
BLOCK = 16


class Moves(NamedTuple):
    """How rows close up: of the last ones, those at ``movers`` (M,) take the places ``holes`` (M,); ``kept`` remain."""

    movers: Tensor
    holes: Tensor
    kept: int


def moves(gone: Tensor, count: int) -> Moves:
    """Return how ``count`` rows close up when those at the places ``gone`` (G,), each once, are taken away."""
    kept = count - len(gone)
    staying = torch.ones(count, dtype=torch.bool)
    staying[gone] = False
    return Moves(kept + staying[kept:].nonzero()[:, 0], (~staying[:kept]).nonzero()[:, 0], kept)


class Column:
    """Rows of one shape, one after the other: (n, *shape).

    Args:
        shape: of a row.
        dtype: of its numbers.
        fill: what stands in the places beyond the last row.
        folder: where they are kept in a file that is mapped into memory, and gone when the process is; float32 only.
            In memory itself where there is none.
    """

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, fill: float = 0, folder: Path | None = None) -> None:
        self.shape = shape
        self.count = 0
        self.fill = fill
        self._file = None if folder is None else tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open till the end
        if self._file is not None:
            weakref.finalize(self, self._file.close)
        self._places = torch.empty(0, *shape, dtype=dtype)

    def __len__(self) -> int:
        return self.count

    @property
    def rows(self) -> Tensor:
        """The rows: (n, *shape)."""
        return self._places[: self.count]

    @property
    def blocks(self) -> Tensor:
        """The rows, filled up to whole blocks: (n', *shape), n' a multiple of ``BLOCK``."""
        return self._places[: -(-self.count // BLOCK) * BLOCK]

    def append(self, rows: Tensor) -> None:
        """Add rows at the end: (N, *shape)."""
        end = self.count + len(rows)
        if end > len(self._places):
            self._enlarge(max(end, len(self._places) * 3 // 2))
        self._places[self.count : end] = rows
        self.count = end

    def close_up(self, how: Moves) -> None:
        """Take rows away."""
        self._places[how.holes] = self._places[how.movers]
        self._places[how.kept : self.count] = self.fill
        self.count = how.kept

    def _enlarge(self, least: int) -> None:
        """Make room for ``least`` rows."""
        size = (-(-least // BLOCK) * BLOCK, *self._places.shape[1:])
        if self._file is not None:  # the file holds the rows already
            self._places = torch.from_numpy(np.memmap(self._file, np.float32, "r+", shape=size))
            return
        larger = torch.full(size, self.fill, dtype=self._places.dtype)
        larger[: self.count] = self.rows
        self._places = larger
