"""What a model answers: same or not, and which class."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """Are two items alike?

    Attributes:
        score: the similarity, higher for more alike.
        probability: that both are of one class, if half of all pairs were.
        same: ``score >= threshold``.
        threshold: the score from which two items count as the same.
        far: share of different pairs that reach the threshold, on the validation classes.
        frr: share of same pairs that miss it, likewise.
    """

    score: float
    probability: float
    same: bool
    threshold: float
    far: float
    frr: float

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        word = "same" if self.same else "different"
        return (
            f"{word}: score {self.score:.3f} (threshold {self.threshold:.3f}), probability {self.probability:.3f}; "
            f"at this threshold FAR {self.far:.2%}, FRR {self.frr:.2%}"
        )


@dataclass(frozen=True)
class Match:
    """A class that an item may be of: its score and probability, and its nearest reference item.

    ``reference_id`` is that item's number in a gallery; None where it comes from none.
    """

    label: str
    score: float
    probability: float
    reference: str
    reference_id: int | None = None


@dataclass(frozen=True)
class Identification:
    """Which class is an item of?

    Attributes:
        item: what was asked about.
        label: the class, or None for "unknown".
        probability: of that answer, "unknown" included among the possible ones.
        matches: the classes, most probable first.
        score: of the most probable class, on the scale of pairs' scores.
        threshold: the score from which that class is the answer: one that was set, or that at which "unknown" stops
            being more probable; None where nothing is ever unknown.
        decision: "match" or "unknown".
    """

    item: str
    label: str | None
    probability: float
    matches: tuple[Match, ...]
    score: float
    threshold: float | None
    decision: str

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        nearest = f"; nearest {self.matches[0].label} ({self.matches[0].reference})" if self.matches else ""
        return f"{self.item}: {self.label or 'unknown'} ({self.probability:.1%}){nearest}"
