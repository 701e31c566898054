"""Made-up characters, and some of them as a support set."""

from __future__ import annotations

import numpy as np

from gemel.data.sources.glyphs import draw_glyphs

PAGES = draw_glyphs(alphabet=3, characters=5, writers=4, size=40, seed=1)  # (5, 4, 40, 40)


def support() -> dict[str, list[np.ndarray]]:
    return {f"character {number}": list(pages[:2]) for number, pages in enumerate(PAGES)}
