"""``POST /embed``."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request

from gemel.server.access import Reader
from gemel.server.options import NoOptions
from gemel.server.problems import ProblemError, documented
from gemel.server.replies import EmbeddedReply
from gemel.server.service import ASKED, Serving, milliseconds_since
from gemel.server.submission import body, submitted

router = APIRouter(tags=["questions"], responses=documented(401, 403, 413, 415, 422, 429))


@router.post("/embed", openapi_extra=body(NoOptions, embeddings=False))
async def embed(request: Request, service: Serving, visitor: Reader) -> EmbeddedReply:
    """Give the embedding of a picture, which may be asked about in its place."""
    start = time.perf_counter()
    asked = await submitted(request, NoOptions)

    def work() -> EmbeddedReply:
        pictures, model = asked.pictures(ASKED), service.model
        if len(pictures) > 1:
            raise ProblemError(422, f"{ASKED}: {len(pictures)} came; one is expected.", field=ASKED)
        with service.asking():
            embedding = model.embed(pictures)[0].tolist()
        told = {"dimensions": model.dimensions, "model": model.fingerprint}
        return EmbeddedReply(embedding=embedding, **told, timing_ms=milliseconds_since(start))

    return await service.call(work)
