"""What every tab works with: the model, the gallery, who looks, in which language, and how work is done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from nicegui import run, ui
from starlette.requests import HTTPConnection

from gemel.errors import GemelError
from gemel.gallery import Gallery
from gemel.gallery.keys import Scope
from gemel.loading import load
from gemel.model import Model
from gemel.pages.texts import Texts
from gemel.pages.troubles import SaidError, in_words
from gemel.pages.visitors import Visitor, Visitors
from gemel.server.access import Access
from gemel.server.access import Visitor as Asker
from gemel.server.problems import ProblemError
from gemel.server.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

#: The model of the first tab, which knows drawn characters of any script.
CHARACTERS = "characters"


class Studio:
    """What is served: a gallery, which has its model, and the runs in a folder.

    Args:
        gallery: what is looked at and changed.
        runs: a folder.
        access: who is let in.
        settings: what is allowed.
    """

    def __init__(self, gallery: Gallery, runs: Path, access: Access, settings: Settings) -> None:
        self.gallery, self.runs, self.access, self.settings = gallery, runs, access, settings
        self.visitors = Visitors()
        self.training = threading.Lock()
        self._characters: Model | None = None

    @property
    def model(self) -> Model:
        """The model that answers now; a gallery may go over to another."""
        return self.gallery.model

    def characters(self) -> Model:
        """Return the packaged model of drawn characters, loaded at its first use."""
        if self._characters is None:
            packaged = load(CHARACTERS)
            self._characters = self.model if self.model.fingerprint == packaged.fingerprint else packaged
        return self._characters


@dataclass
class Desk:
    """One visitor's view of the studio, asked for by a request."""

    studio: Studio
    visitor: Visitor
    request: HTTPConnection

    @property
    def say(self) -> Texts:
        """The page's words in the visitor's language."""
        return Texts(self.visitor.language)

    @property
    def gallery(self) -> Gallery:
        """The gallery."""
        return self.studio.gallery

    def asker(self) -> Asker | None:
        """Return who asks, by the rule that programs are let in by; None if nobody is. It is asked anew each time."""
        try:
            return self.studio.access.known(self.request, self.visitor.key or None)
        except ProblemError:
            return None

    @property
    def who(self) -> str:
        """The name of the visitor's key, or "local"."""
        asker = self.asker()
        return asker.who if asker else ""

    def may(self, scope: Scope) -> bool:
        """Return whether the visitor may do what needs the scope."""
        asker = self.asker()
        return asker is not None and asker.may(scope)

    async def ask(self, scope: Scope, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what some work gives, done off the event loop; what fails is told to the visitor, and gives None."""

        def allowed() -> T:
            if not self.may(scope):
                raise SaidError(self.say("key.lacking", scope=scope))
            self.studio.access.visitor(self.request, self.visitor.key or None)  # counted, as programs are
            return work(*args, **kwargs)

        try:
            return await run.io_bound(allowed)
        except (GemelError, ProblemError) as error:
            ui.notify(in_words(error, self.say), type="negative", multi_line=True, close_button=self.say("close"))
        except Exception:
            logging.getLogger("gemel.pages").exception("work for the page failed")
            ui.notify(self.say("error.unexpected"), type="negative", close_button=self.say("close"))
        return None

    async def change(
        self,
        scope: Scope,
        action: str,
        detail: Mapping[str, object],
        work: Callable[P, object],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> bool:
        """Do some work that changes the gallery, write it into the log of changes, and return whether it was done."""

        def done() -> bool:
            work(*args, **kwargs)
            self.gallery.audit.record(self.who, action, **detail)
            return True

        return bool(await self.ask(scope, done))
