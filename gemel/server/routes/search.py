"""``POST /search``."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request

from gemel.server.access import Reader
from gemel.server.options import SearchOptions
from gemel.server.problems import ProblemError, documented
from gemel.server.replies import Found
from gemel.server.service import ASKED, Serving, milliseconds_since
from gemel.server.submission import body, submitted

router = APIRouter(tags=["questions"], responses=documented(401, 403, 404, 409, 413, 415, 422, 429))


@router.post("/search", openapi_extra=body(SearchOptions, optional=True))
async def search(request: Request, service: Serving, visitor: Reader) -> Found:
    """List the references nearest to a picture, and to references that are liked, away from those that are not."""
    start = time.perf_counter()
    asked = await submitted(request, SearchOptions)

    def work() -> Found:
        item = asked.one(ASKED) if asked.has(ASKED) else None
        if item is None and not asked.options.like:
            raise ProblemError(422, "Nothing is searched for; give a picture, or references to be like.", field=ASKED)
        with service.asking(), service.asking_number("reference", "like"):
            options = asked.options
            hits = service.gallery.search(item, options.like, options.unlike, options.top)
            own = service.gallery.held().threshold
        model = service.model
        threshold = model.threshold if own is None else own
        return Found.of(hits, threshold, model.fingerprint, milliseconds_since(start))

    return await service.call(work)
