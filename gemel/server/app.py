"""A model and a gallery -> the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from gemel.errors import GemelError
from gemel.gallery import Gallery
from gemel.model import Model
from gemel.server.access import Access, Door, Reader, is_loopback
from gemel.server.budget import Budget
from gemel.server.gathered_model import gathered
from gemel.server.guard import Guard
from gemel.server.jobs import Jobs
from gemel.server.limits import Limits
from gemel.server.metrics import Measured, Metrics
from gemel.server.problems import answer_problems
from gemel.server.recorder import Recorder
from gemel.server.routes import ROUTERS
from gemel.server.segments import Segments
from gemel.server.service import Service
from gemel.server.settings import Settings
from gemel.server.works import works

#: What programs ask is below this.
API = "/api/v1"

DESCRIPTION = """Enrols, recognises, verifies and searches what a model can embed.

A **score** is higher for more alike. A key goes into the header `X-API-Key`; its scope is `read`, `enrol` or `admin`,
each including those before it. Errors are `{code, message, field}`."""


def create_app(model: Model, gallery: Gallery, settings: Settings | None = None) -> FastAPI:
    """Return the service over a gallery; ``gemel.pages.mount(app, model, gallery)`` adds the page.

    The gallery answers by the same model from now on, its embeddings gathered from all requests. Whoever opened the
    gallery closes it, after the app.

    Args:
        model: the gallery's.
        gallery: what is served.
        settings: what is allowed.

    Raises:
        GemelError: it would be open to other machines without a key.
    """
    settings = settings or Settings()
    local_only = not len(gallery.keys)
    if local_only and not is_loopback(settings.host):
        raise GemelError(
            f"The address {settings.host} is open to other machines, and no API key is made; make one by gemel keys "
            "create, or serve on 127.0.0.1."
        )
    gallery.answer_by(gathered(model, settings.patience, settings.processes), gallery.store.model_id)
    jobs = Jobs(settings.jobs)
    jobs.works = works(gallery, settings, jobs)
    access, pixels = Access(gallery.keys, settings.rate), Budget(settings.most_pixels_together)
    service = Service(gallery, settings, access, Metrics(), jobs, Recorder(gallery), pixels)
    app = FastAPI(
        title="Gemel",
        description=DESCRIPTION,
        version=version("gemel"),
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    app.add_api_route(f"{API}/openapi.json", openapi(app), include_in_schema=False)
    answer_problems(app)
    app.add_middleware(Door, access=service.access, api=API)  # the last one added is the first one asked
    app.add_middleware(Measured, metrics=service.metrics, api=API)
    app.add_middleware(Segments, api=API)
    app.add_middleware(Limits, settings=settings, api=API, imports=f"{API}/jobs/import")
    app.add_middleware(Guard, local_only=local_only, api=API)
    return app


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """Begin with what was left to do; at the end, when all requests are answered, stop where it can be gone on."""
    service: Service = app.state.service
    service.start()
    try:
        yield
    finally:
        await service.call(service.close)


def openapi(app: FastAPI) -> Callable[..., Awaitable[JSONResponse]]:
    """Return the route that tells the service's own description."""

    async def told(visitor: Reader) -> JSONResponse:
        return JSONResponse(with_json_errors(app.openapi()))

    return told


def with_json_errors(description: dict[str, Any]) -> dict[str, Any]:
    """Return a description in which errors are JSON where answers are pictures or text, too."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ProblemReply"}}}
    for methods in description["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = content
    return description
