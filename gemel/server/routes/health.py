"""``GET /health``."""

from __future__ import annotations

import time
from importlib.metadata import version

from fastapi import APIRouter

from gemel.server.access import Reader
from gemel.server.problems import documented
from gemel.server.replies import GalleryFigures, Health, ModelName
from gemel.server.service import Service, Serving

router = APIRouter(tags=["health"], responses=documented(401, 403, 429))


@router.get("/health")
async def health(service: Serving, visitor: Reader) -> Health:
    """Tell which model and gallery are served, since when, and whether the encoder is ready."""
    return await service.call(health_of, service)


def health_of(service: Service) -> Health:
    """Return how a server is."""
    model, gallery = service.model, service.gallery
    ready = model.gathering.wait_until_tried(0)
    return Health(
        status="ok" if ready else "starting",
        ready=ready,
        version=version("gemel"),
        uptime_s=round(time.monotonic() - service.started, 3),
        model=ModelName(name=model.recipe.name, fingerprint=model.fingerprint, dimensions=model.dimensions),
        gallery=GalleryFigures(classes=gallery.classes(size=1).total, references=len(gallery)),
        batches=list(model.gathering.sizes),
    )
