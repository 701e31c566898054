"""How many bytes the page takes in at once."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gemel.server.limits import counted, says_more, too_large


class UploadLimit:
    """Refuses uploads of more than ``limit`` bytes: by what they say, and by what comes.

    Args:
        app: the page.
        limit: bytes of one request.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if says_more(Headers(scope=scope), self.limit):
            await too_large(self.limit).reply()(scope, receive, send)
            return
        await self.app(scope, counted(receive, self.limit), send)
