"""Who asks, and what they may do: API keys with scopes, or nobody else than this machine."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from gemel.errors import GemelError
from gemel.gallery.keys import SCOPES, Keys, Scope
from gemel.server.problems import ProblemError, problem_of

KEY = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    description="A key made by `gemel keys create`; a server on loopback needs none until the first is made.",
)

#: So many who asked are kept in mind for the rate; beyond, it begins anew.
MOST_VISITORS = 10_000


@dataclass(frozen=True)
class Visitor:
    """Who asks: the key's name, or "local"."""

    who: str
    scope: Scope

    def may(self, scope: Scope) -> bool:
        """Return whether the scope reaches so far."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


class Access:
    """Lets in who has a valid key; without any key ever made, who is on this machine.

    Args:
        keys: the gallery's.
        rate: requests a second for each visitor, and as many at once; 0 for any number.
    """

    def __init__(self, keys: Keys, rate: float = 0.0) -> None:
        self.keys = keys
        self.rate = Rate(rate) if rate else None

    def visitor(self, request: HTTPConnection, key: str | None) -> Visitor:
        """Return who asks, and count that they did.

        Raises:
            ProblemError: as ``known``; or they ask too often, 429.
        """
        found = self.known(request, key)
        if self.rate is not None and (wait := self.rate.wait(found.who)):
            raise ProblemError(429, f"Too many requests; come again in {wait:.1f} s.", headers={"Retry-After": "1"})
        return found

    def known(self, request: HTTPConnection, key: str | None) -> Visitor:
        """Return who asks.

        Raises:
            ProblemError: nobody is let in without a valid key, 401.
        """
        return self._of_key(key) if key else self._local(request)

    def _of_key(self, key: str) -> Visitor:
        if (found := self.keys.who(key)) is None:
            raise ProblemError(401, "The API key is unknown or revoked.", field="X-API-Key")
        return Visitor(*found)

    def _local(self, request: HTTPConnection) -> Visitor:
        if not is_local(request) or len(self.keys):
            raise ProblemError(401, "An API key is needed, in the header X-API-Key.", field="X-API-Key")
        return Visitor("local", SCOPES[-1])


class Rate:
    """A bucket a visitor: ``rate`` tokens a second flow in, ``rate`` (at least one) fit."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.clock = rate, clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted
        self._lock = threading.Lock()

    def wait(self, who: str) -> float:
        """Take a token, or return the seconds until there is one."""
        with self._lock:
            now, full = self.clock(), max(1.0, self.rate)
            tokens, then = self._buckets.get(who, (full, now))
            tokens = min(full, tokens + (now - then) * self.rate)
            if len(self._buckets) > MOST_VISITORS:
                self._buckets.clear()
            self._buckets[who] = (tokens - 1 if tokens >= 1 else tokens, now)
            return 0.0 if tokens >= 1 else (1 - tokens) / self.rate


def is_loopback(host: str) -> bool:
    """Return whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def host_of(authority: str) -> str:
    """Return the host of ``host``, ``host:port`` or ``[address]:port``."""
    return authority[: authority.find("]") + 1] if authority.startswith("[") else authority.partition(":")[0]


def is_local(request: HTTPConnection) -> bool:
    """Return whether a request comes from this machine, and means it: a web site's name may point here, too."""
    client = request.client.host if request.client else ""
    return is_loopback(client) and is_loopback(host_of(request.headers.get("host", "")))


class Door:
    """Lets in who may ask at all, before anything that they send is read, and notes who it is.

    Args:
        app: what is asked.
        access: knows who may.
        api: the prefix of what it is for.
    """

    def __init__(self, app: ASGIApp, access: Access, api: str) -> None:
        self.app, self.access, self.api = app, access, api

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.api):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        try:
            key = request.headers.get(KEY.model.name)
            request.state.visitor = await to_thread.run_sync(self.access.visitor, request, key)
        except (ProblemError, GemelError) as error:
            problem = problem_of(error) if isinstance(error, GemelError) else error
            await problem.reply()(scope, receive, send)
            return
        await self.app(scope, receive, send)


def needs(scope: Scope) -> Callable[..., Awaitable[Visitor]]:
    """Return the dependency of routes that need a scope; OpenAPI tells of the key by it."""

    async def visitor(request: Request, key: Annotated[str | None, Security(KEY)] = None) -> Visitor:
        found: Visitor = request.state.visitor
        if not found.may(scope):
            raise ProblemError(403, f"The key '{found.who}' has the scope '{found.scope}'; '{scope}' is needed.")
        return found

    return visitor


Reader = Annotated[Visitor, Depends(needs("read"))]
Enroller = Annotated[Visitor, Depends(needs("enrol"))]
Admin = Annotated[Visitor, Depends(needs("admin"))]
