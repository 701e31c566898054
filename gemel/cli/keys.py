"""``gemel keys create``, ``list`` and ``revoke``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gemel.cli.console import answer

if TYPE_CHECKING:
    from gemel.gallery.keys import Key, Keys

app = typer.Typer(help="API keys of a served gallery.")

Gallery = Annotated[str, typer.Option(help="The gallery: a file, or a URL such as sqlite:///parts.db.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.command("create")
def create(
    gallery: Gallery,
    scope: Annotated[str, typer.Option(help="read, enrol or admin; each may do what those before it may.")],
    name: Annotated[str, typer.Option(help="Whose it is; written beside what is done with it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: only its digest is kept.

    Example: `gemel keys create --gallery parts.db --scope enrol --name "line 3"`
    """
    with keys_of(gallery) as keys:
        told = name or f"{scope} {len(keys) + 1}"
        key = keys.create(told, scope)
    answer({"key": key, "name": told, "scope": scope}, key, as_json)


@app.command("list")
def listing(gallery: Gallery, as_json: AsJson = False) -> None:
    """List the keys: names, scopes, when they were made and revoked.

    Example: `gemel keys list --gallery parts.db`
    """
    with keys_of(gallery) as keys:
        listed = keys.listed()
    answer([key.to_json() for key in listed], "\n".join(map(line, listed)) or "There is no key.", as_json)


@app.command("revoke")
def revoke(
    gallery: Gallery,
    name: Annotated[str, typer.Argument(help="The key's name.")],
    as_json: AsJson = False,
) -> None:
    """Let keys of a name be accepted no longer.

    Example: `gemel keys revoke "line 3" --gallery parts.db`
    """
    with keys_of(gallery) as keys:
        count = keys.revoke(name)
    answer({"revoked": count}, f"{count} revoked.", as_json)


def line(key: Key) -> str:
    """Return a key for a person to read."""
    revoked = f", revoked {key.revoked:%Y-%m-%d}" if key.revoked else ""
    return f"{key.name}: {key.scope}, made {key.made:%Y-%m-%d}{revoked}"


@contextmanager
def keys_of(address: str) -> Iterator[Keys]:
    """Give the keys of a gallery, made if need be."""
    from gemel.gallery.database import opened
    from gemel.gallery.keys import Keys

    engine = opened(address)
    try:
        yield Keys(engine)
    finally:
        engine.dispose()
