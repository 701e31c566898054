"""Labels in paths: a class may be called "a/b", which a path writes ``a%2Fb``."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import Depends, Path
from starlette.types import ASGIApp, Receive, Scope, Send

from gemel.gallery.labels import checked_label
from gemel.server.problems import ProblemError, plain


class Segments:
    """Keeps ``%2F`` within a segment of the path, where servers turn it into a slash between two."""

    def __init__(self, app: ASGIApp, api: str) -> None:
        self.app, self.api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path")
        if scope["type"] == "http" and raw and scope["path"].startswith(self.api):
            scope = {**scope, "path": apart(raw.decode("latin-1").partition("?")[0])}
        await self.app(scope, receive, send)


def apart(raw: str) -> str:
    """Return a path decoded but for the slashes, and percent signs, within its segments."""
    return "/".join(unquote(segment).replace("%", "%25").replace("/", "%2F") for segment in raw.split("/"))


def quoted(label: str) -> str:
    """Return a label as a path writes it."""
    return quote(label, safe="")


def label_of(
    label: Annotated[str, Path(description="The class, percent-encoded (a slash as %2F).", examples=["M6 bolt"])],
) -> str:
    """Return the label that a path names.

    Raises:
        ProblemError: no class may be called so.
    """
    return checked(label.replace("%2F", "/").replace("%25", "%"), "label")


def checked(label: str, field: str) -> str:
    """Return a label that a class may have.

    Raises:
        ProblemError: it may not.
    """
    try:
        return checked_label(label)
    except Exception as error:
        raise ProblemError(422, plain(str(error)), field=field) from error


Label = Annotated[str, Depends(label_of)]
