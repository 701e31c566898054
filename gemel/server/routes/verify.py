"""``POST /verify`` and ``POST /classes/{label}/verify``."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request

from gemel.gallery.asked import Asked
from gemel.server.access import Reader
from gemel.server.options import ClassVerifyOptions, VerifyOptions
from gemel.server.problems import documented
from gemel.server.replies import Verified
from gemel.server.segments import Label
from gemel.server.service import ASKED, Serving, milliseconds_since
from gemel.server.submission import body, submitted
from gemel.verdicts import Verdict

router = APIRouter(tags=["questions"], responses=documented(401, 403, 413, 415, 422, 429))


@router.post("/verify", openapi_extra=body(VerifyOptions, ("a", "b")))
async def verify(request: Request, service: Serving, visitor: Reader) -> Verified:
    """Tell whether two pictures show the same."""
    start = time.perf_counter()
    asked = await submitted(request, VerifyOptions, ("a", "b"))

    def work() -> Verified:
        verdict = service.gallery.compare(asked.one("a"), asked.one("b"), asked.options.threshold)
        return Verified.of(verdict, None, service.model.fingerprint, milliseconds_since(start))

    return await service.call(work)


@router.post("/classes/{label}/verify", openapi_extra=body(ClassVerifyOptions), responses=documented(404))
async def verify_class(request: Request, service: Serving, visitor: Reader, label: Label) -> Verified:
    """Tell whether a picture is of a class."""
    start = time.perf_counter()
    asked = await submitted(request, ClassVerifyOptions)

    def work() -> Verified:
        item = asked.one(ASKED)

        def answered() -> tuple[Verdict, Asked]:
            embedding, model = service.gallery.embedded([item])[0].numpy(), service.model.fingerprint
            verdict = service.gallery.verify(embedding, label, asked.options.threshold, asked.options.by)
            return verdict, Asked(verdict, item, embedding, label, visitor.who, model)

        with service.asking(label):
            verdict, answer = service.gallery.steadily(answered)
        service.note(answer)
        return Verified.of(verdict, label, service.model.fingerprint, milliseconds_since(start))

    return await service.call(work)
