"""``GET /metrics``."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gemel.server.access import Reader
from gemel.server.problems import documented
from gemel.server.service import Service, Serving

router = APIRouter(tags=["health"], responses=documented(401, 403, 429))


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(service: Serving, visitor: Reader) -> PlainTextResponse:
    """Tell the counters to Prometheus."""
    return PlainTextResponse(await service.call(told, service), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def told(service: Service) -> bytes:
    """Return the counters, those of the gallery and of the encoder as they are now."""
    counters, gathering = service.metrics, service.model.gathering
    counters.pictures.set(gathering.pictures)
    counters.batches.set(gathering.batches)
    counters.left_out.set(service.recorder.left_out)
    counters.references.set(len(service.gallery))
    return counters.text()
