"""Enrolled references, kept in a database and searched in memory."""

from gemel.gallery.gallery import Gallery

__all__ = ["Gallery"]
