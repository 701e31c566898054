"""Who looks at the page: language, theme, the key given, and the drawings of the moment; in memory only."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from gemel.pages.notebook import Notebook

#: More visitors than this are forgotten, the longest unseen first; those who gave a key, last.
MOST = 1000


@dataclass
class Visitor:
    """One browser.

    Attributes:
        language: "en" or "zh".
        dark: the theme; None follows the system.
        key: the API key that was given; it stays in this process's memory.
        notebook: what was drawn on the first tab.
    """

    language: str
    dark: bool | None = None
    key: str = ""
    notebook: Notebook = field(default_factory=Notebook)


class Visitors:
    """The visitors by session."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Visitor] = OrderedDict()

    def of(self, session: str, languages: str) -> Visitor:
        """Return a session's visitor; a new one reads Chinese if that is what the browser asks for first."""
        visitor = self._known.pop(session, None) or Visitor("zh" if languages.lower().startswith("zh") else "en")
        self._known[session] = visitor
        while len(self._known) > MOST:
            former = list(self._known)[:-1]
            del self._known[next((each for each in former if not self._known[each].key), former[0])]
        return visitor
