"""What share of pictures a gallery calls blurred, as they are and blurred on purpose.

    python benchmarks/gallery_quality.py glyphs photos.zip --out benchmarks/results/gallery_quality.json

Of each data set some pictures are drawn by seed, and blurred by a Gaussian of 0, 1, 2 and 4 % of their longer side. The
sharpness's quantiles are told, and the share below ``BLURRED``. It prints the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from gemel.circumstances import circumstances
from gemel.data import open_source
from gemel.files import write_json
from gemel.gallery.quality import BLURRED, SIDE, sharpness
from gemel.randomness import numpy_generator

WIDTHS, QUANTILES = (0.0, 0.01, 0.02, 0.04), (0.01, 0.5, 0.99)


def blurred(image: Image.Image, width: float) -> Image.Image:
    """Return the picture blurred by a Gaussian of that share of its longer side."""
    return image.filter(ImageFilter.GaussianBlur(width * max(image.size))) if width else image


def measured(spec: str, count: int) -> dict[str, Any]:
    """Return the figures of a data set by the blur's width."""
    source = open_source(spec)
    drawn = numpy_generator(0, "gallery quality").permutation(len(source.listing))[:count]
    pictures = [source.image(int(row)).convert("L") for row in drawn]
    found = {}
    for width in WIDTHS:
        sharp = np.array([sharpness(blurred(picture, width)) for picture in pictures])
        quantiles = {
            str(level): float(value) for level, value in zip(QUANTILES, np.quantile(sharp, QUANTILES), strict=True)
        }
        found[f"{width:.0%}"] = {"warned": float((sharp < BLURRED).mean()), "sharpness": quantiles}
    return {"pictures": len(pictures), "blurred_by": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    figures = {Path(spec).stem: measured(spec, chosen.pictures) for spec in chosen.data}
    result = {**circumstances(), "seed": 0, "side": SIDE, "limit": BLURRED, "data": figures}
    print(json.dumps(result, indent=2))
    if chosen.out:
        write_json(chosen.out, result)


if __name__ == "__main__":
    main()
