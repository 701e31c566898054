"""``gemel serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.console import stderr
from gemel.cli.serving import page, serve_extra


def serve(
    run: Annotated[str, typer.Argument(help="A run folder, or a packaged model such as characters.")],
    gallery: Annotated[str, typer.Option(help="The gallery: a file, or a URL such as sqlite:///parts.db.")],
    host: Annotated[str, typer.Option(help="The address to listen on; other machines need an API key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8000,
    no_page: Annotated[bool, typer.Option("--no-page", help="REST alone, without the page.")] = False,
    originals: Annotated[
        bool, typer.Option("--originals", help="Keep pictures as they came, so that another model can take over.")
    ] = False,
    runs: Annotated[Path, typer.Option(help="The folder whose runs the page shows.")] = Path("runs"),
    jobs: Annotated[
        Path | None, typer.Option(help="The folder of jobs; by default one in the cache, named after the gallery.")
    ] = None,
    no_attempts: Annotated[
        bool, typer.Option("--no-attempts", help="Keep nothing of what is asked; else it can be looked through.")
    ] = False,
    rate: Annotated[float, typer.Option(min=0.0, help="Requests a second for each key; 0 for any number.")] = 0.0,
    processes: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that embed; 0 for the server's own; by default one a core, at most four."),
    ] = None,
) -> None:
    """Serve a gallery: REST below /api/v1, and the page.

    Without an API key, only this machine is answered; `gemel keys create` makes one. Ctrl-C ends when what was asked is
    answered.

    Example: `gemel serve characters --gallery parts.db`
    """

    def tell(address: str) -> None:
        stderr.print(f"Serving {gallery} at {address} (Ctrl-C ends)", markup=False, soft_wrap=True)

    with serve_extra():
        from gemel.server.serving import serve as serve_gallery

        mount = None if no_page else page(runs)
    serve_gallery(run, gallery, host, port, mount, originals, jobs, not no_attempts, rate, processes, tell)
