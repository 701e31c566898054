"""A service over a gallery: REST, with keys, limits and an audit log. ``gemel.pages`` mounts the page into it."""

from gemel.server.app import API, create_app
from gemel.server.settings import Settings

__all__ = ["API", "Settings", "create_app"]
