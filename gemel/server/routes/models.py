"""``GET /models``."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel

from gemel.server.access import Reader
from gemel.server.problems import documented
from gemel.server.service import Service, Serving

router = APIRouter(tags=["models"], responses=documented(401, 403, 429))


class ModelReply(BaseModel):
    """A model whose embeddings the gallery keeps."""

    name: str
    fingerprint: str
    dimensions: int
    active: bool
    references: int


class ModelsReply(BaseModel):
    """The gallery's models, and the names of those that it may go over to by ``POST /jobs/adopt``."""

    items: list[ModelReply]
    total: int
    known: list[str]


@router.get("/models")
async def models(service: Serving, visitor: Reader) -> ModelsReply:
    """List the models: the active one answers."""
    return await service.call(listed, service)


def listed(service: Service) -> ModelsReply:
    """Return the models, by name without their folders."""
    items = [
        ModelReply(**{**entry.to_json(), "name": Path(entry.name).name}) for entry in service.gallery.models.listed()
    ]
    return ModelsReply(items=items, total=len(items), known=sorted(service.settings.models))
