"""``GET /audit``."""

from __future__ import annotations

from fastapi import APIRouter

from gemel.server.access import Admin
from gemel.server.options import PageNumber, PageSize
from gemel.server.problems import documented
from gemel.server.replies import ChangePage, ChangeReply
from gemel.server.service import Serving

router = APIRouter(tags=["audit"], responses=documented(401, 403, 422, 429))


@router.get("/audit")
async def audit(service: Serving, visitor: Admin, page: PageNumber = 1, size: PageSize = 100) -> ChangePage:
    """List the changes that were made, by whom and when, the newest first."""
    entries, total = await service.call(service.gallery.audit.entries, page, size)
    items = [ChangeReply(**entry.to_json()) for entry in entries]
    return ChangePage(items=items, total=total, page=page, size=size)
