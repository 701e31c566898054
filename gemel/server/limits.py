"""How much is taken in: bytes of a request, and requests at once."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gemel.server.problems import ProblemError
from gemel.server.settings import Settings

#: How the paths end that take pictures; to others come values alone.
PICTURES = ("/identify", "/verify", "/search", "/embed", "/references")


class Limits:
    """Refuses requests of too many bytes, as soon as that is known, and more requests at once than are allowed.

    Args:
        app: what is asked.
        settings: the limits.
        api: the prefix of what they are for.
        imports: the path below which whole files of pictures are taken in.
    """

    def __init__(self, app: ASGIApp, settings: Settings, api: str, imports: str) -> None:
        self.app, self.settings, self.api, self.imports = app, settings, api, imports
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.api):
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        if problem := self._problem(Headers(scope=scope), limit):
            await problem.reply()(scope, receive, send)
            return
        self.inside += 1
        try:
            await self.app(scope, counted(receive, limit), send)
        finally:
            self.inside -= 1

    def _limit(self, path: str) -> int:
        if path == self.imports:
            return self.settings.largest_import
        return self.settings.largest_request if path.endswith(PICTURES) else self.settings.largest_values

    def _problem(self, headers: Headers, limit: int) -> ProblemError | None:
        if says_more(headers, limit):
            return too_large(limit)
        if self.inside >= self.settings.most_waiting:
            return ProblemError(
                429, "The server is busy; come again in a second.", "busy", headers={"Retry-After": "1"}
            )
        return None


def says_more(headers: Headers, limit: int) -> bool:
    """Return whether a request says that it has more than ``limit`` bytes, or nothing that can be understood."""
    told = headers.get("content-length", "0")
    return not told.isdecimal() or int(told) > limit


def counted(receive: Receive, limit: int) -> Receive:
    """Return what receives the same until it is more than ``limit`` bytes."""
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise too_large(limit)
        return message

    return receive_counted


def too_large(limit: int) -> ProblemError:
    """Return the problem of a request of more than ``limit`` bytes."""
    return ProblemError(
        413, f"The request is too large; at most {limit:,} bytes are taken.", headers={"Connection": "close"}
    )
