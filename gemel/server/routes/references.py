"""``/references``: the labelled examples."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from gemel.server.access import Admin, Reader
from gemel.server.options import GREATEST, Moving, PageNumber, PageSize
from gemel.server.problems import ProblemError, documented
from gemel.server.replies import CountReply, ReferencePage, ReferenceReply
from gemel.server.segments import checked
from gemel.server.service import Serving

router = APIRouter(prefix="/references", tags=["references"], responses=documented(401, 403, 422, 429))

Id = Annotated[int, Path(ge=1, le=GREATEST, description="A reference's number.")]

BINARY = {"schema": {"type": "string", "format": "binary"}}
PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": BINARY}, "description": "A PNG."}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": BINARY}, "description": "The file as it came."}
}


@router.get("")
async def references(service: Serving, visitor: Reader, page: PageNumber = 1, size: PageSize = 100) -> ReferencePage:
    """List the references of all classes in the order in which they were enrolled."""
    found = await service.call(service.gallery.references, None, page, size)
    items = [ReferenceReply.of(each) for each in found.items]
    return ReferencePage(items=items, total=found.total, page=page, size=size)


@router.post("/move", responses=documented(404, 413))
async def move(service: Serving, visitor: Admin, moving: Moving) -> CountReply:
    """Move references to a class, new or not: part of a class becomes another one."""
    to = checked(moving.to, "to")

    def work() -> CountReply:
        with service.asking_number("reference", "references"):
            count = service.gallery.move(moving.references, to)
        service.gallery.audit.record(visitor.who, "move", references=moving.references, to=to)
        return CountReply(references=count)

    return await service.call(work)


@router.get("/{id}", responses=documented(404))
async def reference(service: Serving, visitor: Reader, id: Id) -> ReferenceReply:
    """Tell of a reference."""

    def work() -> ReferenceReply:
        with service.asking_number("reference"):
            return ReferenceReply.of(service.gallery.reference(id))

    return await service.call(work)


@router.get("/{id}/thumbnail", response_class=Response, responses={**PNG, **documented(404)})
async def thumbnail(service: Serving, visitor: Reader, id: Id) -> Response:
    """Give a reference's picture, small."""

    def work() -> bytes | None:
        with service.asking_number("reference"):
            return service.gallery.thumbnail(id)

    if (picture := await service.call(work)) is None:
        raise ProblemError(404, f"No thumbnail of reference {id} was kept.", field="id")
    return Response(picture, media_type="image/png")


@router.get("/{id}/original", response_class=Response, responses={**FILE, **documented(404)})
async def original(service: Serving, visitor: Reader, id: Id) -> Response:
    """Give a reference's picture as it came, where the gallery keeps originals."""

    def work() -> bytes | None:
        with service.asking_number("reference"):
            return service.gallery.original(id)

    if (picture := await service.call(work)) is None:
        raise ProblemError(404, f"The original of reference {id} was not kept.", field="id")
    headers = {"Content-Disposition": f'attachment; filename="reference-{id}"'}
    return Response(picture, media_type="application/octet-stream", headers=headers)


@router.delete("/{id}", responses=documented(404))
async def remove(service: Serving, visitor: Admin, id: Id) -> CountReply:
    """Remove a reference; a class left without one is gone with it."""

    def work() -> CountReply:
        with service.asking_number("reference"):
            count = service.gallery.remove_references([id])
        service.gallery.audit.record(visitor.who, "remove references", references=[id])
        return CountReply(references=count)

    return await service.call(work)
