"""``POST /identify``."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request

from gemel.gallery.asked import Asked
from gemel.server.access import Reader
from gemel.server.options import IdentifyOptions
from gemel.server.problems import documented
from gemel.server.replies import Identified
from gemel.server.service import ASKED, Serving, milliseconds_since
from gemel.server.submission import body, submitted
from gemel.verdicts import Identification

router = APIRouter(tags=["questions"], responses=documented(401, 403, 409, 413, 415, 422, 429))


@router.post("/identify", openapi_extra=body(IdentifyOptions))
async def identify(request: Request, service: Serving, visitor: Reader) -> Identified:
    """Tell which class a picture is of, or that it is of none: the label is null then."""
    start = time.perf_counter()
    asked = await submitted(request, IdentifyOptions)

    def work() -> Identified:
        item = asked.one(ASKED)

        def answered() -> tuple[Identification, str, Asked]:
            embedding, model = service.gallery.embedded([item])[0].numpy(), service.model.fingerprint
            found = service.gallery.identify(embedding, asked.options.top, asked.options.unknown_prior)
            return found, model, Asked(found, item, embedding, None, visitor.who, model)

        with service.asking():
            found, model, attempt = service.gallery.steadily(answered)
        service.note(attempt)
        return Identified.of(found, model, milliseconds_since(start))

    return await service.call(work)
