"""One line of a benchmark's table, and the file that holds them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gemel.bench.definition import Setting
from gemel.errors import DataError
from gemel.files import write_json


@dataclass(frozen=True)
class Row:
    """A method's accuracy under a protocol, with all that is needed to find it again.

    Attributes:
        method, protocol, ways, shots: what was asked.
        accuracy, ci95: a fraction, and its 95 % interval over the episodes.
        episodes: how many; of the official runs, their trials.
        paper: the published accuracy, or None.
        recipe: the name of what the model was trained by.
        seed: of the training.
        weights_sha256, parameters: of the model.
        train_seconds, steps: what its training took, and how far it went.
        device, hardware, versions, date: of the evaluation.
    """

    method: str
    protocol: str
    ways: int
    shots: int
    accuracy: float
    ci95: tuple[float, float]
    episodes: int
    paper: float | None
    recipe: str
    seed: int
    weights_sha256: str
    parameters: int
    train_seconds: float
    steps: int
    device: str
    hardware: str
    versions: dict[str, str]
    date: str

    @property
    def setting(self) -> Setting:
        """Ways and shots."""
        return Setting(self.ways, self.shots)

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What it is the row of."""
        return self.method, self.protocol, self.ways, self.shots


@dataclass(frozen=True)
class Difference:
    """How much better a method is than another on the very same episodes, with the 95 % interval of the mean."""

    protocol: str
    ways: int
    shots: int
    method: str
    other: str
    difference: float
    ci95: tuple[float, float]

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What it is of; a setting has one reference, to which all others are compared."""
        return self.method, self.protocol, self.ways, self.shots

    @property
    def other_key(self) -> tuple[str, str, int, int]:
        """The row that it is compared to."""
        return self.other, self.protocol, self.ways, self.shots


@dataclass(frozen=True)
class Results:
    """A benchmark's rows, and the paired differences between its methods."""

    rows: tuple[Row, ...] = ()
    differences: tuple[Difference, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read a file of results; none is no results.

        Raises:
            DataError: it cannot be read.
        """
        if not path.is_file():
            return cls()
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            rows = [Row(**{**row, "ci95": tuple(row["ci95"])}) for row in value["rows"]]
            pairs = [Difference(**{**one, "ci95": tuple(one["ci95"])}) for one in value["differences"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} holds no results of a benchmark ({error}); move it away.") from error
        return cls(tuple(rows), tuple(pairs))

    def with_rows(self, rows: Sequence[Row]) -> Results:
        """Return these too, each in the place of the former one of its key; what was said of that one is forgotten."""
        now = {row.key: row for row in [*self.rows, *rows]}
        same = {row.key for row in self.rows if now[row.key].weights_sha256 == row.weights_sha256}
        return Results(tuple(now.values()), tuple(one for one in self.differences if {one.key, one.other_key} <= same))

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"rows": [asdict(row) for row in self.rows], "differences": [asdict(one) for one in self.differences]}

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        write_json(path, self.to_json())
