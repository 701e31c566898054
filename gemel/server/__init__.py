"""A service over a gallery: REST, with keys, limits and an audit log. ``gemel.pages`` mounts the page into it.

The names below are imported when first used: an encoder's process needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemel.server.app import API, create_app
    from gemel.server.settings import Settings

_HOMES = {"API": "gemel.server.app", "Settings": "gemel.server.settings", "create_app": "gemel.server.app"}

__all__ = ["API", "Settings", "create_app"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gemel.server' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
