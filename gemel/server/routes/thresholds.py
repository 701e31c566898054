"""``/thresholds``: where the line is drawn, and what other lines would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, FiniteFloat

from gemel.errors import DataError
from gemel.server.access import Admin, Reader
from gemel.server.options import Options, Text
from gemel.server.problems import ProblemError, documented
from gemel.server.segments import checked
from gemel.server.service import Service, Serving

router = APIRouter(prefix="/thresholds", tags=["thresholds"], responses=documented(401, 403, 404, 422, 429))

Class = Annotated[Text | None, Query(description="A class; else the gallery as a whole.")]
Far = Annotated[float, Query(ge=1e-9, lt=1, allow_inf_nan=False, description="The false accept rate aimed at.")]


class EstimateReply(BaseModel):
    """A rate with its 95 % interval."""

    value: float
    ci95: tuple[float, float]


class PointReply(BaseModel):
    """A threshold, and what it does with the gallery's own references."""

    threshold: float
    far: EstimateReply
    frr: EstimateReply | None
    genuine: int
    impostor: int
    too_few_pairs: bool


class ThresholdsReply(BaseModel):
    """The threshold that holds, where it comes from, and what it does in the gallery where that can be told."""

    label: str | None
    threshold: float
    set: float | None = Field(description="What was set for the class or the gallery; null where nothing was.")
    model: float = Field(description="What the model brings: its equal error rate's.")
    point: PointReply | None


class Setting(Options):
    """A threshold to be set."""

    threshold: FiniteFloat | None = Field(description="The score from which it is a match; null takes it back.")
    label: str | None = Field(default=None, description="A class; else the gallery as a whole.")


@router.get("")
async def thresholds(service: Serving, visitor: Reader, label: Class = None) -> ThresholdsReply:
    """Tell the threshold that holds for the gallery, or for a class."""
    return await service.call(holding, service, label)


@router.get("/at", responses=documented(409))
async def at(service: Serving, visitor: Reader, far: Far, label: Class = None) -> PointReply:
    """Tell the lowest threshold of a false accept rate in the gallery; 409 where it has too few references to tell."""

    def work() -> PointReply:
        return PointReply.model_validate(told(service, label, lambda: service.gallery.thresholds.at(far, label)))

    return await service.call(work)


@router.put("", responses=documented(413))
async def put(service: Serving, visitor: Admin, setting: Setting) -> ThresholdsReply:
    """Set the threshold of the gallery, or of a class, from the next question on."""
    label = None if setting.label is None else checked(setting.label, "label")

    def work() -> ThresholdsReply:
        with service.asking(label):
            service.gallery.thresholds.set(setting.threshold, label)
        service.gallery.audit.record(visitor.who, "threshold", threshold=setting.threshold, label=label)
        return holding(service, label)

    return await service.call(work)


def holding(service: Service, label: str | None) -> ThresholdsReply:
    """Return the threshold that holds."""
    with service.asking(label):
        own = service.gallery.thresholds.of(label)
    model = service.model.threshold
    limit = model if own is None else own
    try:
        point = told(service, label, lambda: service.gallery.thresholds.point(limit, label))
    except ProblemError:  # too few are enrolled to tell
        point = None
    return ThresholdsReply.model_validate(
        {"label": label, "threshold": limit, "set": own, "model": model, "point": point}
    )


def told(service: Service, label: str | None, point: Callable[[], Any]) -> Any:
    """Return an operating point as plain values.

    Raises:
        ProblemError: there is no such class (404), or the gallery is too small to tell (409).
    """
    try:
        with service.asking(label):
            return point().to_json()
    except DataError as error:
        raise ProblemError(409, str(error), "too_few") from error
