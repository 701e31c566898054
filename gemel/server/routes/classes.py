"""``/classes``: what can be recognised."""

from __future__ import annotations

from itertools import chain, count, takewhile
from math import prod
from pathlib import PureWindowsPath

from fastapi import APIRouter, Request

from gemel.data.opening import size_of
from gemel.server.access import Admin, Enroller, Reader, Visitor
from gemel.server.options import EnrolOptions, PageNumber, PageSize, Renaming, Text
from gemel.server.problems import ProblemError, documented
from gemel.server.replies import (
    ClassPage,
    ClassReply,
    CountReply,
    Enrolled,
    EnrolledReply,
    ReferencePage,
    ReferenceReply,
)
from gemel.server.segments import Label, checked
from gemel.server.service import ASKED, Service, Serving
from gemel.server.submission import Submission, body, submitted

router = APIRouter(prefix="/classes", tags=["classes"], responses=documented(401, 403, 422, 429))


@router.get("")
async def classes(
    service: Serving, visitor: Reader, page: PageNumber = 1, size: PageSize = 100, containing: Text = ""
) -> ClassPage:
    """List the classes by their labels; those whose label contains a text, if one is given."""
    return ClassPage.model_validate(await service.call(service.gallery.classes, page, size, containing))


@router.get("/{label}", responses=documented(404))
async def one_class(service: Serving, visitor: Reader, label: Label) -> ClassReply:
    """Tell of a class."""
    return await service.call(class_of, service, label)


@router.get("/{label}/references", responses=documented(404))
async def references(
    service: Serving, visitor: Reader, label: Label, page: PageNumber = 1, size: PageSize = 100
) -> ReferencePage:
    """List a class's references in the order in which they were enrolled."""

    def work() -> ReferencePage:
        with service.asking(label):
            found = service.gallery.references(label, page, size)
        items = [ReferenceReply.of(each) for each in found.items]
        return ReferencePage(items=items, total=found.total, page=page, size=size)

    return await service.call(work)


@router.post(
    "/{label}/references",
    status_code=201,
    responses=documented(409, 413, 415),
    openapi_extra=body(EnrolOptions, many=True, embeddings=False),
)
async def enrol(request: Request, service: Serving, visitor: Enroller, label: Label) -> Enrolled:
    """Add pictures to a class, new or not; they can be recognised by at once, and are on disk before this is answered.

    Pictures that the class holds already are not added again; if it holds all of them, that is a duplicate.
    """
    asked = await submitted(request, EnrolOptions)
    return await service.call(enrolled, service, visitor, label, asked)


@router.patch("/{label}", responses=documented(404, 413))
async def rename(service: Serving, visitor: Admin, label: Label, to: Renaming) -> ClassReply:
    """Give a class another label; where another class has it, the two become that one."""
    new = checked(to.label, "label")

    def work() -> ClassReply:
        with service.asking(label):
            service.gallery.rename(label, new)
        service.gallery.audit.record(visitor.who, "rename", label=label, to=new)
        return class_of(service, new)

    return await service.call(work)


@router.delete("/{label}", responses=documented(404))
async def remove(service: Serving, visitor: Admin, label: Label) -> CountReply:
    """Remove a class with its references."""

    def work() -> CountReply:
        with service.asking(label):
            count = service.gallery.remove(label)
        service.gallery.audit.record(visitor.who, "remove", label=label, references=count)
        return CountReply(references=count)

    return await service.call(work)


def class_of(service: Service, label: str) -> ClassReply:
    """Return what is told of a class."""
    with service.asking(label):
        first = service.gallery.references(label, 1, 1)
    pages = (service.gallery.classes(page, 1000, label).items for page in count(1))
    near = chain.from_iterable(takewhile(bool, pages))
    threshold = next((each.threshold for each in near if each.label == label), None)
    cover = first.items[0].id if first.items else 0
    return ClassReply(label=label, references=first.total, cover=cover, threshold=threshold)


def enrolled(service: Service, visitor: Visitor, label: str, asked: Submission[EnrolOptions]) -> Enrolled:
    """Enrol what was handed in."""
    pictures = asked.pictures(ASKED)
    source = asked.options.source or (shown(asked.names.get(ASKED, [""])[0]) if len(pictures) == 1 else "")
    pixels = sum(prod(size_of(picture)) for picture in pictures)
    if pixels > service.settings.most_pixels_together:
        most = f"{service.settings.most_pixels_together / 1e6:g}"
        raise ProblemError(413, f"{pixels / 1e6:.0f} megapixels together; at most {most} are taken.", field=ASKED)
    with service.asking(), service.pixels.holding(pixels):
        found = service.gallery.enrol(label, list(pictures), source=source, who=visitor.who)
    fresh = [each.reference for each in found if each.fresh]
    if not fresh:
        raise ProblemError(
            409, f"The class '{label}' holds that already, as reference {found[0].reference}.", field=ASKED
        )
    service.gallery.audit.record(visitor.who, "enrol", label=label, references=fresh)
    told = [
        EnrolledReply(id=each.reference, label=each.label, fresh=each.fresh, warnings=list(each.warnings))
        for each in found
    ]
    return Enrolled(**told[0].model_dump(), references=told)


def shown(name: str) -> str:
    """Return a file's name without folders, as it may be shown."""
    return "".join(letter for letter in PureWindowsPath(name).name if letter.isprintable())[:200]
