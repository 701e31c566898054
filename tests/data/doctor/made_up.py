"""Class folders with something wrong in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from gemel.data.doctor import Finding, Report, inspect
from gemel.data.sources import Folder
from gemel.randomness import numpy_generator


def scene(seed: int, size: tuple[int, int] = (48, 40), colour: bool = False) -> Image.Image:
    """Return a picture of soft blots, as photographs are, (width, height)."""
    blots = numpy_generator(seed, "scene").integers(0, 256, (6, 7, 3 if colour else 1), dtype=np.uint8)
    small = Image.fromarray(blots if colour else blots[..., 0])
    return small.resize(size, Image.Resampling.BICUBIC)


def healthy(root: Path, classes: int = 20, items: int = 3) -> Path:
    """Write class folders in which nothing is wrong."""
    for number in range(classes):
        (root / f"class{number:02d}").mkdir(parents=True)
        for item in range(items):
            scene(100 * number + item).save(root / f"class{number:02d}/{item}.png")
    return root


def report(root: Path) -> Report:
    """Return the doctor's report on a folder."""
    return inspect(Folder(root))


def only_finding(root: Path) -> Finding:
    """Return the one finding there is."""
    findings = report(root).findings
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]
