"""Alembic's migrations of a gallery's tables, one a format; ``gemel.gallery.schema`` runs them."""
