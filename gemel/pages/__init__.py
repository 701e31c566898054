"""The web page: ten tabs over a model and its gallery, mounted into the server's app."""

from gemel.pages.mounting import mount

__all__ = ["mount"]
