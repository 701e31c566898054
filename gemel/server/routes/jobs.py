"""``/jobs``: what takes too long for an answer."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from gemel.errors import did_you_mean
from gemel.files import replacing
from gemel.server.access import Admin
from gemel.server.jobs import Job, State
from gemel.server.options import Options, PageNumber, PageSize
from gemel.server.problems import ProblemError, documented
from gemel.server.service import Service, Serving
from gemel.server.submission import form_errors

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=documented(401, 403, 422, 429))


class JobReply(BaseModel):
    """Some work, and how far it is."""

    id: str
    kind: str
    who: str
    made: str
    state: State
    done: int
    total: int
    message: str
    result: dict[str, Any]

    @classmethod
    def of(cls, job: Job) -> JobReply:
        """Return what is told of a job."""
        told = asdict(job)
        del told["arguments"]
        return cls(**told)


class JobPage(BaseModel):
    """Some of the jobs, the newest first."""

    items: list[JobReply]
    total: int
    page: int
    size: int


class Adopting(Options):
    """Which model to go over to."""

    model: str = Field(description="A name that the server was started with.", examples=["characters"])


BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/zip"}
FORM = {"schema": {"type": "object", "properties": {"file": BINARY}, "required": ["file"]}}
TAKEN = {"requestBody": {"required": True, "content": {"multipart/form-data": FORM}}}
GIVEN: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": BINARY}}, "description": "A zip."}
}


@router.get("")
async def jobs(service: Serving, visitor: Admin, page: PageNumber = 1, size: PageSize = 100) -> JobPage:
    """List the jobs, the newest first."""
    listed = service.jobs.listed()
    items = [JobReply.of(job) for job in listed[(page - 1) * size : page * size]]
    return JobPage(items=items, total=len(listed), page=page, size=size)


@router.post("/import", status_code=202, responses=documented(413, 415), openapi_extra=TAKEN)
async def bring_in(request: Request, service: Serving, visitor: Admin) -> JobReply:
    """Take in a zip: a folder of pictures a class, or what an export gave. What is there already is passed over."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ProblemError(415, "A form with a zip as its file is expected.", field="content-type")
    name = service.jobs.new_id()
    with form_errors():
        async with request.form(max_files=1, max_fields=1) as form:
            uploaded = form.get("file")
            if not isinstance(uploaded, UploadFile):
                raise ProblemError(422, "file: a zip is expected; none came.", field="file")
            await service.call(kept, uploaded, service.jobs.taken(name))
    return JobReply.of(await service.call(service.jobs.add, name, "import", visitor.who))


@router.post("/export", status_code=202)
async def write_out(service: Serving, visitor: Admin) -> JobReply:
    """Write the whole gallery into a zip, which the job's result gives."""
    return JobReply.of(await service.call(service.jobs.add, service.jobs.new_id(), "export", visitor.who))


@router.post("/adopt", status_code=202, responses=documented(413))
async def adopt(service: Serving, visitor: Admin, adopting: Adopting) -> JobReply:
    """Embed all originals by another model that the server knows, and answer by it from then on."""
    if adopting.model not in service.settings.models:
        known = did_you_mean(adopting.model, service.settings.models)
        raise ProblemError(422, f"There is no model '{adopting.model}'.{known}", field="model")
    add = service.jobs.add
    return JobReply.of(await service.call(add, service.jobs.new_id(), "adopt", visitor.who, model=adopting.model))


@router.get("/{id}/result", response_class=FileResponse, responses={**GIVEN, **documented(404)})
async def result(service: Serving, visitor: Admin, id: str) -> FileResponse:
    """Give the file that a job has written."""
    found = known_job(service, id)
    path = service.jobs.given(found.id)
    if found.state != "done" or not await service.call(path.is_file):
        raise ProblemError(404, f"The job '{id}' has no file to give.", field="id")
    return FileResponse(path, media_type="application/zip", filename="gallery.zip")


@router.get("/{id}", responses=documented(404))
async def job(service: Serving, visitor: Admin, id: str) -> JobReply:
    """Tell of a job."""
    return JobReply.of(known_job(service, id))


def known_job(service: Service, name: str) -> Job:
    """Return a job by its name.

    Raises:
        ProblemError: there is none (404).
    """
    found = service.jobs.get(name)
    if found is None:
        raise ProblemError(404, f"There is no job '{name}'.", "unknown_job", "id")
    return found


def kept(uploaded: UploadFile, path: Path) -> None:
    """Write an uploaded file to a path, whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        shutil.copyfileobj(uploaded.file, file)
