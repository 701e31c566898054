"""Enrolled references, kept in a database and searched in memory or by its server."""

from gemel.gallery.entries import ClassEntry, Enrolment, Hit, Page, Reference
from gemel.gallery.gallery import Gallery

__all__ = ["ClassEntry", "Enrolment", "Gallery", "Hit", "Page", "Reference"]
