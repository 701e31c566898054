"""One thing that the doctor noticed, in words for the data's owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: "error": training fails or learns something wrong; "warning": look at it; "note": good to know.
Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

_EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """What was noticed, how grave it is, and what to do.

    Attributes:
        kind: its name in the registry, "blank_pictures".
        severity: "error", "warning" or "note".
        text: what was noticed, one sentence.
        advice: what to do about it.
        examples: a few files or classes that it is about.
    """

    kind: str
    severity: Severity
    text: str
    advice: str
    examples: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {**asdict(self), "examples": list(self.examples)}

    def __str__(self) -> str:
        return "\n".join(
            [
                f"  {self.severity}: {self.text}",
                f"    {self.advice}",
                *(f"      {example}" for example in self.examples),
            ]
        )


def few(examples: Iterable[str]) -> tuple[str, ...]:
    """Return the first five."""
    return tuple(example for example, _ in zip(examples, range(_EXAMPLES), strict=False))
