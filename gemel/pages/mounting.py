"""The page in the server's app."""

from __future__ import annotations

import secrets
import warnings
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from nicegui import core, ui
from starlette.routing import Match, Mount
from starlette.types import Scope

from gemel.errors import ModelError
from gemel.gallery import Gallery
from gemel.model import Model
from gemel.pages.desk import Studio
from gemel.pages.shell import LOGO, build
from gemel.pages.upload_limit import UploadLimit
from gemel.server import API, Settings
from gemel.server.access import Access


class Beside(Mount):
    """The page wherever programs are not answered: an unknown path of theirs is an error that they can read."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith(API) else super().matches(scope)


def mount(app: FastAPI, model: Model, gallery: Gallery, runs: str | Path = "runs") -> None:
    """Put the page into the server's app, wherever that does not answer programs.

    Nothing is fetched from elsewhere: fonts, icons and scripts come from the installed packages. Visitors are let in as
    programs are, with a key that the page asks for where one is needed. A process has one page; mounting it again,
    into another app, takes the place of the first.

    Args:
        app: what ``gemel.server.create_app`` gave.
        model: embeds; the gallery's.
        gallery: what is looked at and changed.
        runs: the folder whose runs the last tab shows.

    Raises:
        ModelError: the gallery answers by another model.
    """
    if model.fingerprint != gallery.model.fingerprint:
        raise ModelError("The gallery answers by another model than the page was given; give both the same.")
    service = getattr(app.state, "service", None)
    access = service.access if service else Access(gallery.keys)
    settings = service.settings if service else Settings()
    # NiceGUI looks for its server among all objects, and an old name in torch warns when it is looked at.
    warnings.filterwarnings("ignore", "`torch.distributed.reduce_op` is deprecated", FutureWarning)
    core.app.middleware_stack = None  # an app that ran before takes no more middleware
    core.app.user_middleware.clear()
    core.app.add_middleware(UploadLimit, limit=settings.largest_import)
    ui.run_with(
        app,
        root=partial(build, Studio(gallery, Path(runs), access, settings)),
        title="Gemel",
        favicon=LOGO,
        dark=None,
        tailwind=False,
        storage_secret=secrets.token_urlsafe(32),
        session_middleware_kwargs={"session_cookie": "gemel_page", "same_site": "strict"},
        show_welcome_message=False,
        cache_control_directives="public, max-age=86400",
    )
    app.router.routes[-1] = Beside("/", app=core.app)
