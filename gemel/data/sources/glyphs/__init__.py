"""Made-up alphabets: random stroke programs, drawn by writers with habits; endless classes from one seed."""

from gemel.data.sources.glyphs.glyphs import Glyphs, draw_glyphs

__all__ = ["Glyphs", "draw_glyphs"]
