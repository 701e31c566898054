"""A gallery of four classes with three drawings each."""

from __future__ import annotations

from pathlib import Path

from gemel import Gallery, Model


def drawing(folder: Path, character: int, writer: int) -> Path:
    return folder / "alphabet00" / f"character{character:02d}" / f"writer{writer:02d}.png"


def filled(address: str | Path, model: Model, glyph_folder: Path) -> Gallery:
    gallery = Gallery(address, model)
    for character in range(4):
        gallery.enrol(f"c{character}", [drawing(glyph_folder, character, writer) for writer in range(3)])
    return gallery
