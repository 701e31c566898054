"""``/attempts``: what was asked, to be looked through."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gemel.gallery.entries import Enrolment
from gemel.gallery.review import Attempt, State
from gemel.server.access import Enroller
from gemel.server.options import GREATEST, Options, PageNumber, PageSize, Text
from gemel.server.problems import ProblemError, documented
from gemel.server.routes.references import PNG
from gemel.server.segments import checked
from gemel.server.service import Serving

router = APIRouter(prefix="/attempts", tags=["attempts"], responses=documented(401, 403, 422, 429))

Id = Annotated[int, Path(ge=1, le=GREATEST, description="An attempt's number.")]
Below = Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False, description="Those of a lower probability.")]


class AttemptPage(BaseModel):
    """Some of the attempts, the newest first."""

    items: list[Attempt]
    total: int
    page: int
    size: int


class SettledReply(BaseModel):
    """What became of an attempt: the reference that it is now, if it is one."""

    id: int
    state: str
    reference: int | None
    label: str | None


class Correction(Options):
    """What it is."""

    label: str = Field(description="A class, new or not.", examples=["M6 bolt"])


@router.get("")
async def attempts(
    service: Serving,
    visitor: Enroller,
    page: PageNumber = 1,
    size: PageSize = 100,
    state: State | None = None,
    kind: Literal["identify", "verify"] | None = None,
    label: Text | None = None,
    below: Below = None,
) -> AttemptPage:
    """List what was asked, the newest first."""
    found = await service.call(service.gallery.review.attempts, page, size, state, kind, label, below)
    return AttemptPage(items=found.items, total=found.total, page=found.page, size=found.size)


@router.get("/{id}/thumbnail", response_class=Response, responses={**PNG, **documented(404)})
async def thumbnail(service: Serving, visitor: Enroller, id: Id) -> Response:
    """Give the picture that was asked about, small."""

    def work() -> bytes | None:
        with service.asking_number("attempt"):
            return service.gallery.review.thumbnail(id)

    if (picture := await service.call(work)) is None:
        raise ProblemError(404, f"No picture of attempt {id} was kept.", field="id")
    return Response(picture, media_type="image/png")


@router.post("/{id}/confirm", responses=documented(404, 409))
async def confirm(service: Serving, visitor: Enroller, id: Id) -> SettledReply:
    """Say that the answer was right; what was asked about becomes an example of the class."""

    def work() -> SettledReply:
        with service.asking_number("attempt"):
            enrolment = service.gallery.review.confirm(id, visitor.who)
        service.gallery.audit.record(visitor.who, "confirm", attempt=id)
        return settled(id, "confirmed", enrolment)

    return await service.call(work)


@router.post("/{id}/correct", responses=documented(404, 409, 413))
async def correct(service: Serving, visitor: Enroller, id: Id, correction: Correction) -> SettledReply:
    """Say which class it is of, new or not; what was asked about becomes an example of it."""
    label = checked(correction.label, "label")

    def work() -> SettledReply:
        with service.asking_number("attempt"):
            enrolment = service.gallery.review.correct(id, label, visitor.who)
        service.gallery.audit.record(visitor.who, "correct", attempt=id, label=label)
        return settled(id, "corrected", enrolment)

    return await service.call(work)


@router.post("/{id}/reject", responses=documented(404, 409))
async def reject(service: Serving, visitor: Enroller, id: Id) -> SettledReply:
    """Say that it is nothing to learn from."""

    def work() -> SettledReply:
        with service.asking_number("attempt"):
            service.gallery.review.reject(id)
        service.gallery.audit.record(visitor.who, "reject", attempt=id)
        return settled(id, "rejected", None)

    return await service.call(work)


def settled(number: int, state: str, enrolment: Enrolment | None) -> SettledReply:
    """Return what is told of a settled attempt."""
    reference, label = (enrolment.reference, enrolment.label) if enrolment else (None, None)
    return SettledReply(id=number, state=state, reference=reference, label=label)
