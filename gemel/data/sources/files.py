"""Sources whose items are picture files."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable

from PIL import Image

from gemel.data.opening import decode
from gemel.data.sources.source import Source


class FileSource(Source):
    """A source of encoded picture files, wherever they lie."""

    @abstractmethod
    def content(self, index: int) -> bytes:
        """Return one item's file as it is.

        Raises:
            InputError: it cannot be read.
        """

    def image(self, index: int) -> Image.Image:
        return decode(self.content(index), self.listing.names[index])


def hashed(facts: Iterable[object]) -> str:
    """Return a hash of the facts' texts, in order."""
    text = "\0".join(str(fact) for fact in facts)
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
