"""What is answered, as OpenAPI tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from gemel.gallery.entries import Hit, Reference
from gemel.verdicts import Identification, Match, Verdict

#: Of a model, in examples.
FINGERPRINT = "0f3b6a9c" * 8


class Reply(BaseModel):
    """Base of the answers, which are made of attributes, too."""

    model_config = ConfigDict(from_attributes=True)


class MatchReply(Reply):
    """A class, or a reference, that an item is like."""

    label: str
    score: float
    probability: float
    reference: int | None = Field(description="The number of the nearest reference.")

    @classmethod
    def of(cls, match: Match | Hit) -> Self:
        """Return what is told of a class or of a reference."""
        reference = match.reference if isinstance(match, Hit) else match.reference_id
        return cls(label=match.label, score=match.score, probability=match.probability, reference=reference)


class Scored(Reply):
    """What every answer with a score tells."""

    score: float = Field(description="Higher for more alike.")
    probability: float = Field(description="Of what is decided, for `identify`; else that both are of one class.")
    threshold: float | None = Field(description="The score from which it is a match; null where there is none.")
    decision: Literal["match", "unknown", "same", "different"]
    label: str | None = Field(description="The class; null for unknown, and where no class is asked about.")
    matches: list[MatchReply] = Field(description="The best first.")
    model: str = Field(description="The fingerprint of the model that answered.")
    timing_ms: float = Field(description="Milliseconds from the request's arrival to this answer.")


MATCH: dict[str, Any] = {"label": "M6 bolt", "score": 0.93, "probability": 0.98, "reference": 17}
SCORED: dict[str, Any] = {"threshold": 0.71, "model": FINGERPRINT, "timing_ms": 14.2}
MATCHED: dict[str, Any] = {
    "label": "M6 bolt",
    "decision": "match",
    "score": 0.93,
    "probability": 0.98,
    "matches": [MATCH],
    **SCORED,
}


class Identified(Scored):
    """Which class is it?"""

    model_config = ConfigDict(json_schema_extra={"example": MATCHED})

    decision: Literal["match", "unknown"]

    @classmethod
    def of(cls, found: Identification, model: str, timing_ms: float) -> Self:
        """Return what is told of an identification."""
        matches = [MatchReply.of(match) for match in found.matches]
        told = {name: getattr(found, name) for name in ("label", "score", "probability", "threshold", "decision")}
        return cls(**told, matches=matches, model=model, timing_ms=timing_ms)


class Verified(Scored):
    """Are they alike?"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "same": True,
                "decision": "same",
                "label": None,
                "score": 0.93,
                "probability": 0.98,
                "far": 0.01,
                "frr": 0.02,
                "matches": [],
                **SCORED,
            }
        }
    )

    same: bool
    decision: Literal["same", "different"]
    far: float = Field(description="Share of different pairs that reach the threshold, on the validation classes.")
    frr: float = Field(description="Share of same pairs that miss it, likewise.")

    @classmethod
    def of(cls, verdict: Verdict, label: str | None, model: str, timing_ms: float) -> Self:
        """Return what is told of a verdict, on a class or on another picture."""
        decision: Literal["same", "different"] = "same" if verdict.same else "different"
        told = verdict.to_json()
        return cls(**told, decision=decision, label=label, matches=[], model=model, timing_ms=timing_ms)


class Found(Scored):
    """What is nearest? The score, the decision and the label are the nearest's."""

    model_config = ConfigDict(json_schema_extra={"example": MATCHED})

    decision: Literal["match", "unknown"]

    @classmethod
    def of(cls, hits: list[Hit], threshold: float, model: str, timing_ms: float) -> Self:
        """Return what is told of hits, of which there may be none."""
        best = hits[0] if hits else None
        score, probability = (best.score, best.probability) if best else (0.0, 0.0)
        known = best is not None and best.score >= threshold
        return cls(
            score=score,
            probability=probability,
            threshold=threshold,
            decision="match" if known else "unknown",
            label=best.label if best and known else None,
            matches=[MatchReply.of(hit) for hit in hits],
            model=model,
            timing_ms=timing_ms,
        )


class EmbeddedReply(Reply):
    """The embedding of a picture."""

    embedding: list[float]
    dimensions: int
    model: str
    timing_ms: float


class ClassReply(Reply):
    """A class."""

    label: str
    references: int
    cover: int = Field(description="The number of its first reference.")
    threshold: float | None = Field(description="Its own, where one was set.")


class ReferenceReply(Reply):
    """A labelled example."""

    id: int
    label: str
    source: str
    who: str
    enrolled: datetime
    quality: float | None
    warnings: list[str]
    has_original: bool

    @classmethod
    def of(cls, reference: Reference) -> Self:
        """Return what is told of a reference."""
        return cls(**reference.to_json())


class EnrolledReply(Reply):
    """What became of one picture."""

    id: int
    label: str
    fresh: bool = Field(description="False where the class held the very picture already.")
    warnings: list[str] = Field(
        description="What speaks against the picture: blurred, a near duplicate, unlike its class."
    )


class Enrolled(EnrolledReply):
    """What was enrolled: the first picture, and all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 17,
                "label": "M6 bolt",
                "fresh": True,
                "warnings": [],
                "references": [{"id": 17, "label": "M6 bolt", "fresh": True, "warnings": []}],
            }
        }
    )

    references: list[EnrolledReply]


class PageReply(Reply):
    """Some of a list."""

    total: int
    page: int
    size: int


class ClassPage(PageReply):
    """Some of the classes, by their labels."""

    items: list[ClassReply]


class ReferencePage(PageReply):
    """Some of the references, in the order in which they were enrolled."""

    items: list[ReferenceReply]


class CountReply(Reply):
    """How many references a change was about."""

    references: int


class ModelName(Reply):
    """A model."""

    name: str
    fingerprint: str
    dimensions: int


class GalleryFigures(Reply):
    """How much the gallery holds."""

    classes: int
    references: int


class Health(Reply):
    """How the server is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ok",
                "ready": True,
                "version": "0.1.0",
                "uptime_s": 3600.5,
                "model": {"name": "characters", "fingerprint": FINGERPRINT, "dimensions": 128},
                "gallery": {"classes": 20, "references": 60},
                "batches": [16, 8, 4, 2],
            }
        }
    )

    status: Literal["ok", "starting"]
    ready: bool = Field(description="False until the encoder has been tried out.")
    version: str
    uptime_s: float
    model: ModelName
    gallery: GalleryFigures
    batches: list[int] = Field(
        description="How many pictures the encoder takes at once, with answers as for one alone."
    )


class ChangeReply(Reply):
    """A change that somebody made."""

    id: int
    at: datetime
    who: str
    action: str
    detail: Any


class ChangePage(PageReply):
    """Some of the changes, the newest first."""

    items: list[ChangeReply]
