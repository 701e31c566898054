"""What stands before every request, the page's too: no other site's pages, no other machine where no key is needed."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gemel.server.access import is_local
from gemel.server.problems import ProblemError

#: Methods that change nothing.
SAFE = ("GET", "HEAD", "OPTIONS")

#: Told with every answer: what it is, is what is told, and nobody frames it.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

#: Told with answers for programs besides: whatever is in a label, no browser runs it; and nobody keeps it.
API_HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"}


class Guard:
    """Refuses what a web site that somebody is visiting may send here on their behalf.

    A page of another site has another ``Origin``; a site whose name points at this machine ("DNS rebinding") has
    another ``Host``.

    Args:
        app: what is guarded.
        local_only: whether nobody but this machine is answered.
        api: the prefix of what programs ask.
    """

    def __init__(self, app: ASGIApp, local_only: bool, api: str) -> None:
        self.app, self.local_only, self.api = app, local_only, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = HEADERS | (API_HEADERS if scope["path"].startswith(self.api) else {})

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *encoded(headers)]
            await send(message)

        problem = self._problem(HTTPConnection(scope))
        if problem is None:
            await self.app(scope, receive, send_guarded)
        elif scope["type"] == "http":
            await problem.reply()(scope, receive, send_guarded)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": problem.code})

    def _problem(self, request: HTTPConnection) -> ProblemError | None:
        if self.local_only and not is_local(request):
            return ProblemError(403, "Until an API key is made, only this machine is answered.", "not_local")
        if is_cross_site(request):
            return ProblemError(403, "Requests of another site's pages are not answered.", "cross_site")
        return None


def is_cross_site(request: HTTPConnection) -> bool:
    """Return whether a browser says that another site's page sends this."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2].lower() != request.headers.get("host", "").lower()
    changes = request.scope.get("method", "GET") not in SAFE
    return changes and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
